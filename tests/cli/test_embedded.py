"""A farm of one command is private, can be joined by other commands, and ends with the last, however that ends."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from storage.records.database import Database
from storage.settings import Settings
from testing.services.waiting import wait_until
from testing.sounds import tone
from tests.cli.running import CommandLine, ended

#: How long a worker takes for the long recording: far longer than any test waits.
AGES = 200.0


@pytest.fixture
def long_talk(tmp_path: Path) -> Path:
    path = tmp_path / "long.wav"
    soundfile.write(path, tone(16_000 * 10, 16_000), 16_000)
    return path


@pytest.fixture
def has_begun(command: CommandLine) -> Callable[[], bool]:
    """Tells whether a worker has taken a lease of the slow voice's job."""
    settings = Settings(state=str(command.state))
    command.done("voice", "add", "slow", "--like", "through", "--set", f"pace={AGES / 10}")

    def begun() -> bool:
        database = Database(settings.resolved_database_url)
        with database.reading() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM workers WHERE state = 'busy'").scalar_one()
        database.close()
        return bool(found)

    return begun


def test_two_commands_at_once_share_a_folder_and_leave_it_as_good_as_new(
    command: CommandLine, talk: Path, tmp_path: Path
) -> None:
    outs = [tmp_path / "one.wav", tmp_path / "two.wav"]
    both = [command.start("convert", talk, "--voice", "through", "-o", out) for out in outs]
    for process in both:
        assert ended(process).status == 0
    assert {soundfile.info(out).frames for out in outs} == {16_000}
    _is_quiet(command)
    again = command.told("convert", talk, "--voice", "through", "-o", tmp_path / "again.wav")
    assert again[0]["state"] == "finished"
    _is_quiet(command)


def test_ctrl_c_ends_everything_soon_and_cancels_the_job(
    command: CommandLine, long_talk: Path, tmp_path: Path, has_begun: Callable[[], bool]
) -> None:
    process = command.start("convert", long_talk, "--voice", "slow", "-o", tmp_path / "out" / "long.wav")
    wait_until(has_begun, 30, "the first lease")
    process.send_signal(signal.SIGINT)
    stopped = ended(process, patience=30)
    assert stopped.status == 130
    assert "Traceback" not in stopped.err
    assert "voicefarm jobs" in stopped.err
    _is_quiet(command)
    assert not (tmp_path / "out").exists()
    assert [job["state"] for job in command.told("jobs")] == ["cancelled"]


def test_a_killed_command_leaves_no_process_behind_and_nothing_in_the_way(
    command: CommandLine, long_talk: Path, tmp_path: Path, has_begun: Callable[[], bool]
) -> None:
    process = command.start("convert", long_talk, "--voice", "slow", "-o", tmp_path / "killed.wav")
    wait_until(has_begun, 30, "the first lease")
    process.kill()
    ended(process)
    assert command.processes()
    command.wait_for_nobody(8)
    after = command.done("convert", long_talk, "--voice", "through", "-o", tmp_path / "out.wav", "--json", workers=2)
    assert after.err == ""
    assert after.json[0]["state"] == "finished"
    assert soundfile.info(tmp_path / "out.wav").frames == 160_000
    _is_quiet(command)
    assert not (tmp_path / "killed.wav").exists()


def _is_quiet(command: CommandLine) -> None:
    assert command.processes() == []
    assert not list(command.state.rglob("*.sock"))

"""A watcher that is killed goes on where it was: nothing is lost, nothing is converted or kept twice."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

import soundfile

from storage.audio.mark import mark_in
from storage.records.database import Database
from storage.settings import Settings
from testing.services.waiting import wait_until
from testing.sounds import tone
from tests.cli.running import CommandLine, ended

COUNT = 6
#: Seconds that a worker takes for each: longer than between two looks of the watcher, so that they come one by one.
PACE = 1.2
#: Seconds within which everything must happen.
PATIENCE = 90.0


def count_of(command: CommandLine, condition: str) -> int:
    """How many jobs there are of a kind."""
    database = Database(Settings(state=str(command.state)).resolved_database_url)
    try:
        with database.reading() as connection:
            found = connection.exec_driver_sql(f"SELECT count(*) FROM jobs WHERE {condition}").scalar_one()
    finally:
        database.close()
    return int(found)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.wav")}


def test_a_watcher_that_is_killed_again_and_again_delivers_everything_once(
    command: CommandLine, tmp_path: Path
) -> None:
    folder, out, done, failed = (tmp_path / name for name in ("in", "out", "done", "failed"))
    folder.mkdir()
    for number in range(COUNT):
        soundfile.write(folder / f"{number}.wav", tone(16_000 + number, 16_000), 16_000)
    (folder / "bad.wav").write_bytes(b"this is text")
    names = names_in(folder) - {"bad.wav"}
    command.done("voice", "add", "slow", "--like", "through", "--set", f"pace={PACE}")
    watch = (
        "watch",
        folder,
        "-o",
        out,
        "--done",
        done,
        "--failed",
        failed,
        "--settle",
        0.2,
        "--voice",
        "slow",
        "--json",
    )

    def killed_once(when: Callable[[], bool], what: str) -> None:
        process = command.start(*watch)
        wait_until(when, PATIENCE, what)
        process.kill()
        assert ended(process).status == -signal.SIGKILL

    killed_once(lambda: count_of(command, "true") > 0, "the first job")
    killed_once(lambda: len(names_in(done)) > 1, "some of the results")
    assert len(names_in(done)) < COUNT
    process = command.start(*watch)
    wait_until(lambda: not names_in(folder), PATIENCE, "all results")
    process.send_signal(signal.SIGINT)
    last = ended(process)
    assert last.status == 0

    assert names_in(done) == names_in(out) == names
    assert names_in(failed) == {"bad.wav"}
    assert (count_of(command, "true"), count_of(command, "state = 'finished'")) == (COUNT, COUNT)
    assert all(mark_in(out / name) for name in names)
    assert {name: soundfile.info(out / name).frames for name in names} == {
        f"{number}.wav": 16_000 + number for number in range(COUNT)
    }
    told = [json.loads(line) for line in last.out.splitlines()]
    assert {one["state"] for one in told} <= {"finished", "there"}
    assert {one["voice"] for one in told} == {"slow"}
    assert len({one["source"] for one in told}) == len(told) > 0

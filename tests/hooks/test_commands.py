"""A hook's command gets the event, and what it says last is known when it fails."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from dispatcher.hooks.command import run_command
from dispatcher.hooks.notifying import PAUSES
from testing.services.waiting import wait_until
from tests.hooks.conftest import SECRET, HookedDesk


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """One kind of database: what is tried here does not depend on it."""
    return migrated_sqlite_url


#: Writes down what it is told, in a folder that its argument names.
WRITES = """
import json, os, sys
from pathlib import Path
told = {"event": json.load(sys.stdin), "parent": os.environ.get("VOICEFARM_PARENT")}
told["variables"] = {name: value for name, value in os.environ.items() if name.startswith("VOICEFARM_")}
Path(sys.argv[1], "told.json").write_text(json.dumps(told))
"""
FAILS = "import sys; print('line one\\nthe disk is \\x1b[31mfull', file=sys.stderr); sys.exit(3)"


def python(program: str, *arguments: str) -> str:
    return shlex.join([sys.executable, "-c", program, *arguments])


def test_a_command_gets_the_event_and_who_it_is_about(
    desk: HookedDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICEFARM_PARENT", "1")
    folder = tmp_path / "a b; touch c"
    folder.mkdir()
    desk.told_by(hook_command=python(WRITES, str(folder)), hook_jobs="all")
    batch = desk.batch("new talks")
    job = desk.ended(batch_id=batch)
    desk.tick()
    events = [one.event for one in desk.notices()]
    desk.deliver()
    assert [one.state for one in desk.notices()] == ["delivered"] * 2
    told = json.loads((folder / "told.json").read_text())
    assert told["parent"] is None
    assert told["variables"]["VOICEFARM_BATCH"] == "new talks"
    assert told["event"] in [json.loads(one.body) for one in desk.notices()]
    of_batch = told["event"]["type"] == "batch.ended"
    assert told["variables"]["VOICEFARM_EVENT"] == told["event"]["type"]
    assert told["variables"]["VOICEFARM_EVENT_ID"] == events[of_batch]
    assert told["variables"].get("VOICEFARM_JOB") == (None if of_batch else str(job))


def test_a_command_may_call_voicefarm_itself() -> None:
    program = "from storage.settings import Settings; Settings.load()"
    assert run_command([sys.executable, "-c", program], b"{}", {"VOICEFARM_JOB": "1", "VOICEFARM_EVENT": "x"}).is_good


def test_what_a_command_said_last_is_why_it_failed(desk: HookedDesk) -> None:
    desk.told_by(hook_command=python(FAILS))
    desk.ended()
    desk.tell()
    (notice,) = desk.notices()
    assert notice.state == "waiting"
    assert notice.due_at == desk.now + PAUSES[0]
    assert notice.said == "the hook's command ended with status 3: line one the disk is \x1b[31mfull"


def test_no_secret_that_a_command_says_is_written_down(desk: HookedDesk) -> None:
    desk.told_by(hook_command=python("import sys; sys.exit('I was told ' + sys.argv[1])", SECRET), hook_secret=SECRET)
    desk.ended()
    desk.tell()
    assert SECRET[6:] not in desk.notices()[0].said
    assert "I was told" in desk.notices()[0].said


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/nowhere/told.sh", "cannot be run (No such file or directory)"),
        ("'told", "cannot be split into words (No closing quotation); check its quotes"),
        ("''", "cannot be run"),
        ("", "is not set any more"),
    ],
)
def test_a_command_that_cannot_be_run_is_said(desk: HookedDesk, command: str, words: str) -> None:
    desk.told_by(hook_command=command or "true")
    desk.ended()
    desk.tick()
    desk.told_by(hook_command=command)
    desk.deliver()
    assert words in desk.notices()[0].said


def test_a_command_that_takes_too_long_ends_with_all_that_it_started(tmp_path: Path) -> None:
    sleeper = tmp_path / "sleeper"
    program = f"sleep 600 & echo $! > {shlex.quote(str(sleeper))}; echo working >&2; wait"
    outcome = run_command(["/bin/sh", "-c", program], b"{}", {}, patience=1.0)
    assert outcome.said == "the hook's command did not end within 1 s: working"
    pid = int(sleeper.read_text())
    wait_until(lambda: not _is_alive(pid), 20, "the command's own child ends with it")


def test_what_a_command_leaves_running_does_not_hold_us_up() -> None:
    assert run_command(["/bin/sh", "-c", "sleep 5 & exit 0"], b"{}", {}, patience=4.0).is_good


def _is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False

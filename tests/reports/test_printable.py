"""Names chosen by others are shown, but a terminal never obeys them."""

import io
import json
import sys
import time

import pytest

from dispatcher.cli.main import main
from dispatcher.cli.progress import progress_display
from dispatcher.cli.saying import print_json
from dispatcher.client.following import BatchProgress
from dispatcher.client.watching import stage_of
from storage.printable import printable, printable_lines, storable
from storage.records.database import Database
from tests.reports.conftest import Keep, Run
from tests.reports.rows import attempt, job, worker

#: Sets a window's title, rings, reverses the text, breaks the line in three ways and ends with a byte invalid in UTF-8.
WICKED = "a\x1b]0;owned\x07\u202eb\nc\x85d\u2028e\r\x9b2Jf[red]"
SHOWN = r"a\x1b]0;owned\x07\u202eb\nc\x85d\u2028e\r\x9b2Jf[red]"
FORBIDDEN = [chr(c) for c in (*range(0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0), 0x061C, *range(0x200E, 0x2010),
             *range(0x2028, 0x202F), *range(0x2066, 0x206A))]  # fmt: skip


def _is_harmless(text: str) -> bool:
    return not [character for character in FORBIDDEN if character in text]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (WICKED, SHOWN),
        ("Öde Straße, 日本語, שלום, 👩\u200d🎤", "Öde Straße, 日本語, שלום, 👩\u200d🎤"),
        ("caf\udce9.wav", r"caf\xe9.wav"),
        ("\ud83d\x00\x7f", r"\ud83d\x00\x7f"),
    ],
)
def test_only_what_a_terminal_obeys_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown
    assert _is_harmless(printable("".join(FORBIDDEN)))


def test_intended_line_breaks_stay() -> None:
    assert printable_lines("one\x1b\ntwo\r") == "one\\x1b\ntwo\\r"


def test_names_are_stored_unchanged_as_far_as_a_database_can_hold_them() -> None:
    assert storable("caf\udce9\0\x1b.wav") == "caf\\xe9\x1b.wav"


def test_tables_facts_and_reports_are_harmless_to_a_terminal(database: Database, keep: Keep, run: Run) -> None:
    now = time.time()
    keep(job(name=WICKED, title=WICKED, artist=WICKED, state="failed", reason=WICKED, voice=WICKED))
    keep(attempt(0, "a", WICKED, "failed", error=WICKED, device=WICKED))
    keep(worker(WICKED, device=WICKED, offers=[WICKED], engines={WICKED: WICKED}, last_seen=now))
    for command, times in (("jobs", 3), ("show 1", 5), ("report 1", 3), ("workers", 4)):
        text = run(*command.split()).stdout
        assert _is_harmless(text), (command, text)
        unbroken = "".join(text.split())
        assert unbroken.count("owned") >= times, (command, text)
    assert json.loads(run("show", 1, "--json").stdout)["name"] == WICKED


def test_a_name_cannot_pose_as_a_line_of_our_output(database: Database, keep: Keep, run: Run) -> None:
    keep(job(name="a\nstate        finished"), worker("a\nb", last_seen=time.time()))
    shown = run("show", 1).stdout
    assert [line for line in shown.splitlines() if line.startswith("state ")] == ["state        finished"]
    assert r"a\nb" in run("workers").stdout
    assert r"job 1: a\nstate" in run("report", 1).stdout


def test_errors_are_harmless_to_a_terminal(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["voice", "show", WICKED], [f"--{WICKED}"], [WICKED], ["show", WICKED], ["jobs", WICKED]):
        monkeypatch.setattr(sys, "argv", ["voicefarm", *arguments])
        with pytest.raises(SystemExit):
            main()
        said = capsys.readouterr().err
        assert "owned" in said
        assert _is_harmless(said), said


class Terminal(io.StringIO):
    """Keeps what is written to it."""

    def isatty(self) -> bool:
        return True


def test_the_progress_bar_is_harmless_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    with progress_display(quiet=False) as display:
        display.show(
            BatchProgress(
                total=1,
                ended=0,
                seconds=1.0,
                seconds_done=0.0,
                stage=stage_of(
                    [job(name="a\x1b]0;owned\x07[red]b[/nothing]", state="splitting", ended_at=None)],
                    [frozenset({"world"})],
                ),
            )
        )
    assert r"splitting a\x1b]0;owned\x07[red]b[/nothing]" in terminal.getvalue()
    assert "\x1b]0;" not in terminal.getvalue()


@pytest.mark.parametrize(
    ("encoding", "errors"), [("utf-8", "strict"), ("utf-8", "surrogateescape"), ("ascii", "strict")]
)
def test_names_that_cannot_be_encoded_survive_in_json(
    monkeypatch: pytest.MonkeyPatch, encoding: str, errors: str
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding, errors))
    value = {"source": "Öde\udce9.wav", "title": WICKED}
    print_json(value)
    sys.stdout.flush()
    assert json.loads(written.getvalue().decode("utf-8")) == value

"""The line at the bottom of a terminal, and what it says of a farm."""

import sys
import time

import pytest

from dispatcher.cli.status_line import StatusLine
from dispatcher.reports.pulse import WINDOW, read_pulse
from storage.records.database import Database
from tests.reports.conftest import Keep, database, keep, state  # noqa: F401 - fixtures
from tests.reports.rows import attempt, job, worker


def test_a_pulse_counts_what_is_open_there_and_done_lately(database: Database, keep: Keep) -> None:  # noqa: F811
    now = time.time()
    keep(job(state="converting", ended_at=None), job(state="failed", reason="why", ended_at=now - 1))
    keep(job(state="failed", ended_at=now - 100), worker("here", last_seen=now), worker("gone", last_seen=now - 100))
    keep(
        attempt(0, "a", "here", audio_seconds=90.0, busy=4.0, ended_at=now - 5),
        attempt(1, "a", "here", audio_seconds=900.0, ended_at=now - WINDOW - 5),
        attempt(2, "a", "here", "failed", audio_seconds=900.0, ended_at=now),
    )
    pulse = read_pulse(database, now, 10.0, failed_since=now - 50)
    # The work of the last minute began 9 s ago.
    assert (pulse.open_jobs, pulse.workers) == (1, 1)
    assert pulse.realtime == pytest.approx(10.0)
    assert [(failed.id, failed.reason) for failed in pulse.failed] == [(2, "why")]
    assert pulse.line == "1 job open, 10.0x realtime, 1 worker"
    assert read_pulse(database, now + 200, 10.0, failed_since=now).line == "1 job open, 0 workers"


def test_the_line_is_drawn_over_and_makes_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    line = StatusLine()
    line.show("3 jobs open\n, 41.0x realtime, 2 workers")
    line.complain("job 3 failed")
    line.show("")
    cleared = "\r\x1b[K"
    drawn = rf"{cleared}3 jobs open\n, 41.0"
    assert capsys.readouterr().err == f"{drawn}{cleared}voicefarm: job 3 failed\n{drawn}{cleared}"


def test_without_a_terminal_only_complaints_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    line = StatusLine()
    line.show("3 jobs open")
    line.complain("job 3 failed")
    assert capsys.readouterr().err == "voicefarm: job 3 failed\n"

"""Tables in terminals of any width, and where there is no terminal."""

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from dispatcher.cli.layout import GAP, Need, fitted, fitted_above, need_of
from dispatcher.cli.main import cli
from storage.records.database import Database
from tests.cli.running import ROOT
from tests.reports.rows import job, worker

LONG = "interview_2025_with_a_long_name_final_v2.wav"
NOTE = "atom 3 could not be converted on any of 4 tries: the engine broke down; run it again"
HOSTILE = "two\nlines\x1b]0;owned\x07.wav"


@pytest.fixture
def state(tmp_path: Path, session_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    database = Database(f"sqlite:///{shutil.copy(session_sqlite, folder / 'records.sqlite3')}")
    with database.writing() as connection, Session(connection) as session:
        failed = {"state": "failed", "reason": NOTE}
        session.add_all(
            [job(name=LONG, **failed), job(name=HOSTILE, **failed), worker("box1.studio.example.org"), worker(HOSTILE)]
        )
        session.commit()
    database.close()
    monkeypatch.setenv("VOICEFARM_STATE", str(folder))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return folder


def in_terminal(columns: int, *words: str) -> str:
    """What a command writes to a terminal of this width."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "dispatcher.cli.main", *words]
    # Where somebody imported readline, it has set COLUMNS behind Python's back.
    environment = dict(os.environ)
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment):
        os.close(slave)
        said = b""
        while part := _read(master):
            said += part
    os.close(master)
    return said.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # its other end is closed
        return b""


def test_everything_fits_or_columns_are_left_out_in_their_order() -> None:
    needs = [Need(3, 3), Need(20, 8), Need(10, 10), Need(10, 10)]
    assert fitted(needs, [3, 2], 80) == {0: 3, 1: 20, 2: 10, 3: 10}
    assert fitted(needs, [3, 2], 40) == {0: 3, 1: 11, 2: 10, 3: 10}
    assert fitted(needs, [3, 2], 36) == {0: 3, 1: 19, 2: 10}
    assert fitted(needs, [3, 2], 20) == {0: 3, 1: 15}
    assert fitted(needs, [3, 2], 12) is None
    assert fitted([], [], 10) is None


@pytest.mark.parametrize("room", range(13, 120))
def test_no_table_is_wider_than_its_room(room: int) -> None:
    widths = fitted([Need(3, 3), Need(50, 8), Need(30, 12), Need(10, 10)], [3, 2], room)
    assert widths is not None
    assert sum(widths.values()) + GAP * (len(widths) - 1) <= room


def test_a_column_of_text_is_never_so_narrow_that_it_is_read_letter_by_letter() -> None:
    assert need_of([40], [3, 5], is_number=False) == Need(40, 8)
    assert need_of([40], [30], is_number=False) == Need(40, 16)
    assert need_of([4], [4], is_number=False) == Need(4, 4)
    assert need_of([40], [3], is_number=True) == Need(40, 40)
    assert need_of([], [], is_number=False) == Need(0, 0)


def test_a_note_goes_below_its_row_rather_than_become_narrow() -> None:
    needs = [Need(3, 3), Need(20, 10), Need(60, 8)]
    assert fitted_above(needs, [], 2, 100) == ({0: 3, 1: 20, 2: 60}, False)
    assert fitted_above(needs, [], 2, 50) == ({0: 3, 1: 20}, True)
    assert fitted_above(needs, [], 2, 10) == (None, True)


@pytest.mark.parametrize("columns", [30, 60, 200])
def test_jobs_are_readable_at_any_width(state: Path, columns: int) -> None:
    lines = re.sub(r"\x1b\[\d*m", "", in_terminal(columns, "jobs")).splitlines()
    assert max(map(len, lines)) <= columns
    text = " ".join(" ".join(lines).split())
    assert "failed" in text
    assert NOTE in text
    assert "\x1b" not in text
    assert any("two\\nlines" in line for line in lines)


def test_no_colour_is_shown_where_none_is_wanted(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*(3|4|9|10)\d", in_terminal(60, "jobs"))


def test_what_is_piped_has_every_row_on_one_line_and_no_colour(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for words, rows in (("jobs", 2), ("workers --since 30000d", 2), ("voice list", 7)):
        lines = CliRunner().invoke(cli, words.split()).stdout.splitlines()
        assert len(lines) == rows + 1, lines
        assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("words", ["jobs", "show 2", "report 2", "report --since 30000d", "workers --since 30000d"])
def test_no_name_breaks_a_line(state: Path, words: str) -> None:
    said = CliRunner().invoke(cli, words.split()).stdout
    assert [line for line in said.splitlines() if line.lstrip().startswith("lines")] == []
    assert "two\\nlines" in said

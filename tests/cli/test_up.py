"""`voicefarm up` and its Flower: what they announce is true."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from dispatcher.local.flower import USUAL_PORT, flower_port
from storage.errors import InputError
from storage.records.database import Database
from storage.settings import Settings
from testing.services.server import HOST
from testing.services.waiting import wait_until
from tests.cli.running import CommandLine, ended
from tests.storage.rows import add_job


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that is in use."""
    with socket.create_server((HOST, 0)) as holder:
        port: int = holder.getsockname()[1]
        yield port


@pytest.fixture
def usual_port_taken() -> Iterator[None]:
    """Flower's usual port, taken: by us, unless another process already has it."""
    with socket.socket() as mine:
        with suppress(OSError):
            mine.bind((HOST, USUAL_PORT))
            mine.listen()
        yield


def _answers(port: int) -> bool:
    connection = HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 401
    except OSError:
        return False
    finally:
        connection.close()


def _lines_until(stream: "subprocess.Popen[str]", words: str) -> str:
    assert stream.stdout
    said = ""
    while words not in said:
        line = stream.stdout.readline()
        assert line, f"it ended without saying '{words}': {said}"
        said += line
    return said


def _pieces_of_long_work_at_a_time(farm: psutil.Process) -> int:
    """The processes that a farm's studio shares its work out to."""
    studios = [child for child in farm.children() if child.name() == "vf-studio"]
    return sum(len(studio.children()) for studio in studios)


def test_flower_takes_the_next_free_port_and_the_studio_as_many_processes_as_asked(
    command: CommandLine, usual_port_taken: None
) -> None:
    up = command.start("up", "--studios", "3")
    named = re.search(r"Flower: http://127\.0\.0\.1:(\d+) ", _lines_until(up, "Ctrl-C ends it"))
    assert named
    assert USUAL_PORT < int(named[1]) < USUAL_PORT + 100
    wait_until(lambda: _answers(int(named[1])), 30, "Flower to answer", every=0.2)
    wait_until(lambda: _pieces_of_long_work_at_a_time(psutil.Process(up.pid)) == 3, 30, "three at a time")
    assert (command.state / "flower.password").stat().st_mode & 0o077 == 0
    up.terminate()
    assert ended(up).status == 0


def test_a_requested_port_that_is_taken_is_refused_before_anything_starts(command: CommandLine, taken: int) -> None:
    said = command.run("up", flower_port=taken).sentence()
    assert f"Flower cannot have port {taken} of VOICEFARM_FLOWER_PORT (Address already in use" in said
    assert f"process {os.getpid()}" in said
    assert not (command.state / "logs").exists()
    assert command.processes() == []


def test_an_impossible_port_is_refused() -> None:
    with pytest.raises(InputError, match="the highest is 65535"):
        flower_port(Settings(flower_port=99_999))


def test_without_flower_the_farm_starts_and_says_what_to_install(
    command: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        "PathFinder.find_spec = lambda name, *more: None if name == 'flower' else find(name, *more)\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    up = command.start("up")
    assert "Flower" not in _lines_until(up, "Ctrl-C ends it")
    up.terminate()
    end = ended(up)
    assert end.status == 0
    assert "Flower is not installed" in end.err
    assert "pip install 'voicefarm[flower]'" in end.err


def test_a_flower_that_keeps_dying_is_reported_on_the_terminal(
    command: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flower").mkdir()
    (tmp_path / "flower" / "__init__.py").write_text("raise SystemExit(7)")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    up = command.start("up")
    assert up.stderr
    said = up.stderr.readline()
    assert "flower does not stay up: it ended 3 times soon after its start, at last with exit status" in said
    assert str(command.state / "logs" / "flower.log") in said
    up.terminate()
    assert ended(up).status == 0


def test_jobs_that_fail_are_told_and_those_left_open_counted(command: CommandLine, talk: Path) -> None:
    up = command.start("up", "--no-flower", atom_seconds=2)
    _lines_until(up, "Ctrl-C ends it")
    command.done("submit", talk, "--voice", "through")
    wait_until(lambda: command.farm.jobs()[0].state == "finished", 60, "the first job to end")
    database = Database(f"sqlite:///{command.state / 'records.sqlite3'}")
    with database.writing() as connection:
        # A job for a tag that nobody here offers stays open.
        add_job(connection, state="failed", name="two\nlines.wav", reason="its recording is gone", ended_at=time.time())
        add_job(connection, state="submitted", needs=("elsewhere",), claim_until=time.time() + 1000, claims=1)
    database.close()
    assert up.stderr
    assert up.stderr.readline() == "voicefarm: job 2 (two\\nlines.wav) failed: its recording is gone\n"
    up.send_signal(signal.SIGINT)
    end = ended(up)
    assert end.status == 0
    assert end.out.endswith("1 job is left open; the work goes on when the farm is up again\n")

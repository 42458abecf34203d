"""Commands, recordings, and a farm that is up."""

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from testing.services.server import free_port
from testing.sounds import tone
from tests.cli.running import CommandLine, ended


@pytest.fixture
def command(tmp_path: Path) -> Iterator[CommandLine]:
    """The command on a state folder that nobody has used yet."""
    line = CommandLine(tmp_path / "state")
    yield line
    line.end_processes()


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of a second."""
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    soundfile.write(path, tone(16_000, 16_000), 16_000)
    return path


@pytest.fixture(scope="module")
def farm_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The command, beside a `voicefarm up` with Flower that lasts for all tests of a module."""
    # Cancelling waits for the atom in hand, so that short ones are quicker to test with.
    flower = {"flower_port": free_port(), "flower_password": "open sesame"}
    line = CommandLine(tmp_path_factory.mktemp("up") / "state", atom_seconds=2, **flower)
    up = line.start("up", "--workers", 1)
    try:
        _wait_for_start(up)
        yield line
        up.terminate()
        assert ended(up).status == 0
        assert line.processes() == []
    finally:
        line.end_processes()


def _wait_for_start(up: "subprocess.Popen[str]") -> None:
    assert up.stdout
    line = up.stdout.readline()
    assert re.search("farm is up with 1 workers", line), line


def silence(path: Path, seconds: float, rate: int = 16_000) -> Path:
    """A recording of nothing, which takes next to no room as FLAC."""
    soundfile.write(path, np.zeros(round(seconds * rate), np.float32), rate)
    return path


@pytest.fixture(scope="session", autouse=True)
def hears_ctrl_c() -> None:
    """Shells start background jobs deaf to Ctrl-C, and tests that run in one would hand that down to their commands."""
    signal.signal(signal.SIGINT, signal.default_int_handler)

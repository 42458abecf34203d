"""Commands, recordings, and a running farm."""

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
    """The command, with an unused state folder."""
    line = CommandLine(tmp_path / "state")
    yield line
    line.end_processes()


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A one-second recording."""
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    soundfile.write(path, tone(16_000, 16_000), 16_000)
    return path


@pytest.fixture(scope="module")
def farm_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The command beside a `voicefarm up` with Flower, which runs for all tests of a module."""
    # Cancelling waits for the atom in hand, so short atoms make quicker tests.
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
    """A silent recording, which takes almost no space as FLAC."""
    soundfile.write(path, np.zeros(round(seconds * rate), np.float32), rate)
    return path


@pytest.fixture(scope="session", autouse=True)
def hears_ctrl_c() -> None:
    """Restores Ctrl-C: shells start background jobs deaf to it, and their tests' commands would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)

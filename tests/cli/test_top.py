"""top shows the farm as it is, on a screen of its own that it leaves behind, and once where there is no terminal."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

from tests.cli.running import ROOT, CommandLine


def test_without_a_terminal_the_farm_is_shown_once(command: CommandLine, talk: Path) -> None:
    command.done("submit", talk, talk, "--voice", "through", "--name", "{number}", "--batch", "dub")
    said = command.done("top").out
    assert "2 jobs open, 0 workers" in said
    assert "dub" in said
    assert str(talk) in said
    assert "\x1b" not in said


def test_in_a_terminal_it_is_drawn_until_ctrl_c_and_the_screen_is_as_before(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    environment = {
        **os.environ, "VOICEFARM_STATE": str(tmp_path / "state"), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "dispatcher.cli.main", "top", "--every", "0.5"],
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment,
    )  # fmt: skip
    os.close(slave)
    said = b""
    while said.count(b"0 jobs open") < 2:
        said += os.read(master, 65536)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    said += os.read(master, 65536)
    os.close(master)
    assert said.startswith(b"\x1b[?1049h")
    assert said.endswith(b"\x1b[?1049l")

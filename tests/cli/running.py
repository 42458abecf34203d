"""The real command in its own process, as people and programs use it."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from dispatcher.client.farm import Farm
from dispatcher.local.embedded import threads
from storage.settings import Settings
from testing.services.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
#: Longer than any command in these tests may take on two slow and busy cores.
PATIENCE = 120.0
#: Starts a program as root, but without root's power to read and write files closed to others.
PLAIN = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for programs."""
        return json.loads(self.out)

    def sentence(self) -> str:
        """The one sentence that it failed with."""
        assert self.status == 1, self
        assert "Traceback" not in self.err, self.err
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("voicefarm: "), self.err
        return lines[0]


class CommandLine:
    """`voicefarm` with its own settings."""

    def __init__(self, state: Path, **settings: object) -> None:
        self.state = state
        self.within: Sequence[str] = ()
        self.settings = {"state": state, "workers": 1, **settings}

    def start(self, *arguments: object, **settings: object) -> "subprocess.Popen[str]":
        """Start a command."""
        given = {f"VOICEFARM_{name.upper()}": str(value) for name, value in {**self.settings, **settings}.items()}
        return subprocess.Popen(
            [*self.within, sys.executable, "-m", "dispatcher.cli.main", *map(str, arguments)], cwd=ROOT, text=True,
            env={**os.environ, **threads(1), "COLUMNS": "200", **given}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def run(self, *arguments: object, **settings: object) -> Ended:
        """Run a command until it ends."""
        return ended(self.start(*arguments, **settings))

    def done(self, *arguments: object, **settings: object) -> Ended:
        """Run a command that must succeed."""
        done = self.run(*arguments, **settings)
        assert done.status == 0, done
        return done

    def told(self, *arguments: object, **settings: object) -> Any:
        """What a command that must succeed prints for programs."""
        return self.done(*arguments, "--json", **settings).json

    @cached_property
    def farm(self) -> Farm:
        """The same farm by its interface, for waits: asked by a command each time, it would have little else to do."""
        return Farm.open(Settings(state=str(self.state)))

    def processes(self) -> list[str]:
        """Command lines of all processes that use this state folder."""
        return [" ".join(p.info["cmdline"] or [p.info["name"]]) for p in _processes() if self._is_ours(p)]

    def end_processes(self) -> None:
        """Kill what a failed test left behind."""
        for process in _processes():
            if self._is_ours(process):
                process.kill()

    def wait_for_nobody(self, seconds: float) -> None:
        """Wait until no process uses this state folder any more."""
        wait_until(lambda: not self.processes(), seconds, "the end of all processes")

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("VOICEFARM_STATE") == str(self.state)
        except psutil.Error:
            return False


def ended(process: "subprocess.Popen[str]", patience: float = PATIENCE) -> Ended:
    """Wait for a command to end."""
    try:
        out, err = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{process.args!r} did not end; it said {out}{err}") from None
    return Ended(process.returncode, out, err)


def _processes() -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline", "name", "status"]) if p.info["status"] != psutil.STATUS_ZOMBIE]

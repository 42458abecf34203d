"""A server that tests start, kill and restart; failing to start is an error, never a skip."""

import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from testing.services.waiting import wait_until

HOST = "127.0.0.1"
#: It has characters that must be written as %40, %2F and %3A in a URL, so that nobody forgets to.
PASSWORD = "open@sesame/1:2"
START_PATIENCE = 30.0
STOP_PATIENCE = 10.0


class Server:
    """One process on a port of loopback that stays the same across restarts."""

    #: The user to run as, if it refuses to run as root.
    user: str | None = None
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> Sequence[str]:
        """The command to run."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it can be used."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        """The environment to run in."""
        return os.environ

    @property
    def is_alive(self) -> bool:
        """Whether the process is running."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it, or start it again, and return once it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(self.command()), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(self.environment()),
                start_new_session=True, **as_user(self.user),
            )  # fmt: skip
        try:
            wait_until(lambda: not self.is_alive or self.answers(), START_PATIENCE, f"{type(self).__name__} to answer")
        except AssertionError:
            self.kill()
        if not self.is_alive:
            raise RuntimeError(f"{type(self).__name__} did not start; its log:\n{self.log.read_text(errors='replace')}")

    def stop(self) -> None:
        """Stop it gently."""
        self._end(kill=False)

    def kill(self) -> None:
        """Kill it as `kill -9` does, with no chance to tidy up or say goodbye."""
        self._end(kill=True)

    def _end(self, *, kill: bool) -> None:
        if self.process is None:
            return
        if kill:
            self.process.kill()
        else:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """A port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def as_user(user: str | None) -> dict[str, Any]:
    """Arguments that make subprocess run something as another user."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

"""One child process of a farm on one machine, with its log: started, watched and ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from dispatcher.local.adopted import Adopted
from storage.private import PRIVATE_UMASK, open_private
from workers.wire.parent import PARENT

#: A child that keeps dying is restarted ever more rarely: seconds after the first, second, … death in a row.
RESTART_PAUSES = (0.1, 1.0, 3.0, 10.0, 30.0)
#: Seconds after which a running child counts as healthy again.
HEALTHY = 30.0
#: Seconds that a child gets to finish what it has in hand before it is killed.
STOP_PATIENCE = 20.0
#: The same for children that hold nothing that is not in SQL as well: they are slow to end when asked.
SHORT_PATIENCE = 0.2
#: For children that set the permissions of what they create themselves.
OWN_UMASK = -1


class Child:
    """One process and its log."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str],
        patience: float = STOP_PATIENCE,
        umask: int = PRIVATE_UMASK,
    ) -> None:
        self.name = name
        self.umask = umask
        self.patience = patience
        self.command = list(command)
        self.log = log
        self.environment = dict(environment)
        self.process: subprocess.Popen[bytes] | Adopted | None = None
        self.arguments: Sequence[str] = ()
        """Those of the command that it is, if it is one of ours."""
        self.started_at = 0.0
        self.deaths = 0

    def start(self) -> None:
        """Start it, or restart it."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open_private(self.log) as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own commands
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                start_new_session=True, umask=self.umask,
            )  # fmt: skip
        self.started_at = time.monotonic()

    def adopt(self, process: Adopted) -> None:
        """Take it as started."""
        self.process = process
        self.started_at = time.monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """SIGTERM: finish what is in hand."""
        if self.process is not None and self.is_alive:
            self.process.terminate()

    def stop(self, patience: float = STOP_PATIENCE) -> None:
        """End it, gently if possible."""
        self.ask_to_stop()
        if self.process is not None:
            try:
                self.process.wait(min(patience, self.patience))
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def lived(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started_at

    def pause_before_restart(self) -> float:
        """How long to wait before restarting it."""
        if self.lived() > HEALTHY:
            self.deaths = 0
        pause = RESTART_PAUSES[min(self.deaths, len(RESTART_PAUSES) - 1)]
        self.deaths += 1
        return pause

    def fate(self) -> str:
        """How it ended, and where to read why."""
        status = self.process.returncode if self.process is not None else None
        how = f"by {_signal_name(-status)}" if status is not None and status < 0 else f"with exit status {status}"
        return (
            f"{self.name} does not stay up: it ended {self.deaths} times soon after its start, at last {how}; it is"
            f" started again and again, {self.log} may say why it ends"
        )


def voicefarm(
    name: str, arguments: Sequence[str], logs: Path, environment: Mapping[str, str], patience: float = STOP_PATIENCE
) -> Child:
    """A child that runs voicefarm itself and ends with its parent, however that ends."""
    command = [sys.executable, "-m", "dispatcher.cli.main", *arguments]
    ours = {**environment, PARENT: str(os.getpid())}
    child = Child(name, command, logs / f"{name}.log", ours, patience, umask=OWN_UMASK)
    child.arguments = tuple(arguments)
    return child


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

"""A child process that another process of ours has forked, and that became our own child when that one ended."""

import os
import signal
import subprocess
import time
from threading import Lock

#: Seconds between two looks at whether it has ended.
LOOK_AGAIN = 0.01


class Adopted:
    """Known by its number alone; otherwise like a process that we have started ourselves."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.asking = Lock()

    def poll(self) -> int | None:
        """Its exit status if it has ended; negative if a signal ended it."""
        with self.asking:
            if self.returncode is None:
                self.returncode = self._asked()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it has ended; raises subprocess.TimeoutExpired."""
        end = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if end is not None and timeout is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(LOOK_AGAIN)
        return status

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        # Once it has been waited for, its number may be another's.
        if self.poll() is None:
            os.kill(self.pid, number)

    def _asked(self) -> int | None:
        try:
            found, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            # Somebody else has waited for it, so how it ended is not to be known.
            return 0
        return os.waitstatus_to_exitcode(status) if found else None

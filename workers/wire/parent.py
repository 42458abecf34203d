"""Ends a process together with the one that started it, however that one ended."""

import os
import signal
import time
from collections.abc import Callable
from threading import Thread

#: Environment variable with the id of the process that a child must not outlive.
PARENT = "VOICEFARM_PARENT"
#: Seconds that a process has to finish its work once its parent, and with it the broker, is gone.
ORPHAN_PATIENCE = 3.0


def end_with_parent(stop: Callable[[], None] | None = None) -> None:
    """Make this process end when the one that started it is gone, even if that one was killed."""
    parent = int(os.environ.get(PARENT, "0"))
    if parent:
        end_with(parent, stop)


def end_with(parent: int, stop: Callable[[], None] | None = None) -> None:
    """Make this process end when its parent is gone."""
    Thread(target=_outlive_nobody, args=(parent, stop), name="parent", daemon=True).start()


def _outlive_nobody(parent: int, stop: Callable[[], None] | None) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    if stop is not None:
        stop()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ORPHAN_PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)

"""What machines and processes are called on the farm; names stay the same across restarts."""

import ctypes
import fcntl
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

#: From the kernel's <linux/prctl.h>, which keeps fifteen letters of the name.
_SET_NAME = 15


def host_name() -> str:
    """The short name of the machine."""
    return socket.gethostname().partition(".")[0] or "localhost"


def name_process(part: str) -> None:
    """Call this process by the part that it plays, in lists of processes; only Linux lets us choose."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_NAME, f"vf-{part}".encode())


@contextmanager
def own_number(folder: Path, kind: str) -> Iterator[int]:
    """The lowest number that no other process of this kind holds on this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        with (folder / f"{kind}-{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            lock.write(str(os.getpid()))
            lock.flush()
            yield number
            return

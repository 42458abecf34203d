"""Names that stay the same over restarts, though several processes of a kind run on one machine."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path


@contextmanager
def own_number(folder: Path, kind: str) -> Iterator[int]:
    """The lowest number that no other process of this kind has on this machine."""
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

"""Wait for what other processes and threads do."""

import time
from collections.abc import Callable


def wait_until(predicate: Callable[[], object], seconds: float, what: str, *, every: float = 0.02) -> None:
    """Check again and again; fail, naming what was awaited, if it does not happen in time."""
    end = time.monotonic() + seconds
    while not predicate():
        if time.monotonic() > end:
            raise AssertionError(f"gave up after {seconds:g} s of waiting for {what}")
        time.sleep(every)

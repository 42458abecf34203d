"""Waiting for what other processes and threads bring about."""

import time
from collections.abc import Callable


def wait_until(predicate: Callable[[], object], seconds: float, what: str, *, every: float = 0.02) -> None:
    """Ask again and again; fail with what was waited for if it did not become so in time."""
    end = time.monotonic() + seconds
    while not predicate():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s in vain for this: {what}")
        time.sleep(every)

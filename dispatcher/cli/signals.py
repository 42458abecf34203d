"""Being told to stop."""

import os
import select
import signal
from contextlib import suppress


class Stop:
    """Set once, from a signal's handler too, and waited for.

    A lock, and so an event of `threading`, would be the end of a process whose handler is interrupted by the next
    signal, or runs while its own thread is about to wait: the thread would wait for itself, deaf to everything. Service
    managers and `timeout` do send several signals at once. So it is a byte in a pipe that nobody takes out.
    """

    def __init__(self) -> None:
        self._out, self._in = os.pipe()
        os.set_blocking(self._in, False)

    def set(self) -> None:
        """Stop, now or when next asked."""
        # A full pipe says the same as one byte in it.
        with suppress(BlockingIOError):
            os.write(self._in, b"!")

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is set, or for so long; whether it is set."""
        return bool(select.select([self._out], [], [], seconds)[0])

    def is_set(self) -> bool:
        """Whether it is set."""
        return self.wait(0.0)


def stop_on_signals() -> Stop:
    """What SIGTERM and Ctrl-C set."""
    stop = Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop

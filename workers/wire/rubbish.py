"""Whatever lies in a queue but is not one of the farm's messages: counted, logged once a minute, and ignored."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from threading import Lock

logger = logging.getLogger("voicefarm.rubbish")

#: Seconds between two log lines, however much comes in: a flood must not fill a disk.
BETWEEN_LINES = 60.0


class Rubbish:
    """Counts of what was dropped, by kind."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.lock = Lock()
        self.counts: Counter[str] = Counter()
        self.untold: Counter[str] = Counter()
        self.told_at = float("-inf")

    def drop(self, kind: str, why: object) -> None:
        """Count one, and log a line unless the last one was written less than a minute ago."""
        with self.lock:
            self.counts[kind] += 1
            self.untold[kind] += 1
            if self.clock() - self.told_at < BETWEEN_LINES:
                return
            self.told_at = self.clock()
            numbers = ", ".join(f"{count} x {name}" for name, count in sorted(self.untold.items()))
            self.untold.clear()
        logger.warning("dropped messages that the farm did not send: %s; the last: %s", numbers, str(why)[:300])

    def take(self) -> dict[str, int]:
        """The counts since the last call."""
        with self.lock:
            counts = dict(self.counts)
            self.counts.clear()
            return counts


#: The counts of this process.
rubbish = Rubbish()

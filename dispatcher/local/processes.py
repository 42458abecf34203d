"""Child processes of a farm on one machine: started, supervised, restarted, and never left behind."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event, Thread

from dispatcher.local.child import SHORT_PATIENCE, STOP_PATIENCE, Child
from dispatcher.local.forking import start_together

#: Deaths in a row, each soon after the start, after which the user is told.
DEATHS_TO_TELL = 3
#: Name of the child that all others need until they end.
BROKER = "redis"


class Supervisor:
    """Keeps children running until told to stop."""

    def __init__(self, children: Sequence[Child], tell: Callable[[str], None] | None = None) -> None:
        self.children = list(children)
        self.tell = tell
        self.over = Event()
        self.thread = Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start all that are not running yet, and supervise them."""
        start_together([child for child in self.children if not child.is_alive])
        self.thread.start()

    def stop(self, patience: float = STOP_PATIENCE) -> None:
        """End all: they finish what they have in hand in parallel, and the broker ends last."""
        self.over.set()
        try:
            if self.thread.ident is not None:
                self.thread.join()
            self._stop_children(patience)
        except BaseException:
            # A second Ctrl-C must not leave anybody behind either.
            for child in self.children:
                child.kill()
            raise

    def _stop_children(self, patience: float) -> None:
        brokers = [c for c in self.children if c.name == BROKER]
        others = [c for c in self.children if c.name != BROKER]
        for child in others:
            child.ask_to_stop()
        end = time.monotonic() + patience
        for child in [*others, *brokers]:
            child.stop(max(end - time.monotonic(), SHORT_PATIENCE))

    def _watch(self) -> None:
        due: dict[str, float] = {}
        while not self.over.wait(0.1):
            for child in self.children:
                if child.is_alive:
                    continue
                if child.name not in due:
                    due[child.name] = time.monotonic() + child.pause_before_restart()
                    self._tell_of(child)
                if time.monotonic() >= due[child.name]:
                    del due[child.name]
                    # No space for a log, or no room for a process: that may pass, and the other children need us.
                    with suppress(OSError):
                        child.start()

    def _tell_of(self, child: Child) -> None:
        """Say once that a child does not stay up; again only after it did."""
        if self.tell is not None and child.deaths == DEATHS_TO_TELL:
            self.tell(child.fate())


def wait_until(is_so: Callable[[], bool], seconds: float, every: float = 0.02) -> bool:
    """Ask repeatedly; returns whether it came true in time."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True

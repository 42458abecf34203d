"""Handing recordings in beside everything else, so that the first results come while the last are still read."""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event, Thread

from dispatcher.client.targets import Target
from dispatcher.jobs.submitting import CheckedRequest, submit_all
from dispatcher.turns.taking import Turns
from storage.errors import VoicefarmError
from storage.objects.store import ObjectStore

#: Seconds to wait for the recording in hand when everything is to stop.
PATIENCE = 3.0
#: A target with its place, and its job's number or why it was refused.
News = tuple[int, Target, int | VoicefarmError]


class HandingIn:
    """A thread that hands targets in, in order."""

    def __init__(
        self, turns: Turns, store: ObjectStore, checked: CheckedRequest, targets: Sequence[tuple[int, Target]]
    ) -> None:
        self.turns = turns
        self.store = store
        self.checked = checked
        self.targets = targets
        self.fresh: deque[News] = deque()
        self.error: BaseException | None = None
        self.stopped = Event()
        self.thread = Thread(target=self._run, name="handing in", daemon=True)
        self.thread.start()

    @property
    def is_over(self) -> bool:
        """Whether there is no more news to come."""
        return not self.thread.is_alive() and not self.fresh

    def news(self) -> Iterator[News]:
        """What was handed in, or refused, since the last call; raises what ended the thread."""
        while self.fresh:
            yield self.fresh.popleft()
        if self.error is not None and not self.thread.is_alive():
            raise self.error

    def stop(self) -> None:
        """Hand nothing more in; returns once that is so, or soon if a long recording is in hand."""
        self.stopped.set()
        self.thread.join(PATIENCE)

    def accepted(self) -> list[int]:
        """The jobs of which nobody has heard."""
        return [found for _, _, found in self.fresh if isinstance(found, int)]

    def _run(self) -> None:
        try:
            for number, found in submit_all(self.turns, self.store, self._sources(), self.checked):
                place, target = self.targets[number]
                self.fresh.append((place, target, found))
        except BaseException as error:  # noqa: BLE001 - it is raised where the news is read
            self.error = error

    def _sources(self) -> Iterator[Path]:
        for _, target in self.targets:
            if self.stopped.is_set():
                return
            yield target.source

"""Handing recordings in beside everything else, so that the first results come while the last are still read."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread

from dispatcher.client.answers import KNOWN, Delivery
from dispatcher.client.delivering import delivery_of
from dispatcher.jobs.submitting import Accepted, Belonging, Intake, submit_all
from dispatcher.turns.taking import Turns
from dispatcher.wishes.targets import Target
from storage.errors import VoicefarmError
from storage.objects.address import Address
from storage.objects.store import ObjectStore
from storage.printable import storable
from storage.records.states import JobState
from storage.settings import AT_A_TIME

#: Seconds to wait for the recording in hand when everything is to stop.
PATIENCE = 3.0
#: A target with its place, and its job's number or why it was refused.
News = tuple[int, Target, Accepted | VoicefarmError]


class HandingIn:
    """A thread that hands targets in, in order."""

    def __init__(
        self, turns: Turns, store: ObjectStore, belonging: Belonging, targets: Sequence[tuple[int, Target]]
    ) -> None:
        self.turns = turns
        self.store = store
        self.belonging = belonging
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
        return [found.job for _, _, found in self.fresh if isinstance(found, Accepted)]

    def _run(self) -> None:
        try:
            for number, found in submit_all(
                self.turns, self.store, self._intakes(), self.belonging, at_a_time([t for _, t in self.targets])
            ):
                place, target = self.targets[number]
                self.fresh.append((place, target, found))
        except BaseException as error:  # noqa: BLE001 - it is raised where the news is read
            self.error = error

    def _intakes(self) -> Iterator[Intake]:
        for _, target in self.targets:
            if self.stopped.is_set():
                return
            yield intake_of(target)


def handed_in(
    turns: Turns,
    open_store: Callable[[], ObjectStore],
    targets: Sequence[Target],
    belong: Callable[[int], Belonging],
) -> Iterator[Delivery]:
    """Hand all targets in that have no error, and say what became of each."""
    good = []
    for place, target in enumerate(targets):
        if target.error is None:
            good.append((place, target))
        else:
            yield delivery_of(target, place, error=target.error)
    if not good:
        return
    intakes = (intake_of(target) for _, target in good)
    belonging = belong(len(good))
    for number, found in submit_all(turns, open_store(), intakes, belonging, at_a_time([t for _, t in good])):
        place, target = good[number]
        if isinstance(found, VoicefarmError):
            yield delivery_of(target, place, error=found)
        else:
            state = JobState.SUBMITTED if found.is_new else KNOWN
            yield delivery_of(target, place, job=found.job, batch=belonging.name, state=state)


def at_a_time(targets: Sequence[Target]) -> int:
    """How many recordings to take in at a time: several where that means waiting for servers, else as usual."""
    return AT_A_TIME if any(isinstance(target.source, Address) for target in targets) else 0


def intake_of(target: Target) -> Intake:
    """What is taken in for a target that has no error."""
    commission = target.commission
    if commission.checked is None:
        raise ValueError("a recording without a request cannot be taken in")
    return Intake(target.source, commission.checked, storable(target.wanted), commission.wish.carried)

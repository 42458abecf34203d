"""Measuring what the workers of a farm bring, one after the other, while it works."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dispatcher.benchmarks.measured_workers import MeasuredWorker, ask, give_up, last_measured, read_measured
from dispatcher.reports.farm import WorkerThere
from dispatcher.turns.taking import Turns
from storage.errors import InputError
from storage.remedies import Act, Remedy


@dataclass(frozen=True, slots=True)
class Measuring:
    """Which workers are to be measured, and what of them; all that is there where nothing is named."""

    workers: tuple[str, ...] = ()
    capability: str | None = None
    suites: tuple[str, ...] = ()
    is_short: bool = False


@dataclass(frozen=True)
class Measurements:
    """Asks workers to measure themselves, and reads what came of it."""

    turns: Turns

    def begin(self, there: Sequence[WorkerThere], wanted: Measuring) -> list[int]:
        """Have workers measured that are there; returns the measurements' numbers.

        Each finishes the lease in hand first, and takes none while it is measured; no two are measured at a time.
        """
        names = [worker.name for worker in _chosen(there, wanted)]
        with self.turns.writing() as turn:
            return ask(turn, names, wanted.suites, is_short=wanted.is_short)

    def look(self, numbers: Sequence[int]) -> list[MeasuredWorker]:
        """How measurements stand."""
        with self.turns.database.reading() as connection:
            return read_measured(connection, numbers)

    def follow(self, numbers: Sequence[int], pause: Callable[[], None]) -> Iterator[list[MeasuredWorker]]:
        """How measurements stand, whenever that has changed, until all are over."""
        before: list[MeasuredWorker] = []
        while not before or not all(one.is_over for one in before):
            now = self.look(numbers)
            if [one.state for one in now] != [one.state for one in before]:
                yield now
            before = now
            if not all(one.is_over for one in now):
                pause()

    def last(self) -> list[MeasuredWorker]:
        """The last figures of every worker that was ever measured."""
        with self.turns.database.reading() as connection:
            return last_measured(connection)

    def cancel(self, numbers: Sequence[int]) -> None:
        """Want these figures no longer; a worker that is at it stops and goes on with its work."""
        with self.turns.writing() as turn:
            give_up(turn, numbers)


def _chosen(there: Sequence[WorkerThere], wanted: Measuring) -> list[WorkerThere]:
    """The workers that are meant."""
    if not there:
        raise InputError("no worker is there to be measured", Remedy(Act.START_WORKER))
    known = {worker.name for worker in there}
    unknown = [name for name in wanted.workers if name not in known]
    if unknown:
        raise InputError(f"no worker is called {unknown[0]!a}; there are {', '.join(sorted(known))}")
    named = [worker for worker in there if not wanted.workers or worker.name in wanted.workers]
    chosen = [worker for worker in named if wanted.capability in (None, worker.capability)]
    if not chosen:
        raise InputError(f"none of these workers offers {wanted.capability}", Remedy(Act.LIST_WORKERS))
    return chosen

"""A batch by its name: how far it is, and what can be done with all of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dispatcher.client.answers import Delivery
from dispatcher.client.delivering import bring, named_alone
from dispatcher.jobs.batches import batch_named, jobs_of
from dispatcher.jobs.ending import cancel_job, retry_job
from dispatcher.jobs.priorities import set_priority
from dispatcher.reports.batches import BatchSummary, read_batches
from dispatcher.reports.period import PeriodReport, report_period
from dispatcher.reports.reading import read_batch
from dispatcher.turns.taking import Turns
from dispatcher.turns.turn import Turn
from dispatcher.wishes.naming import inside
from dispatcher.wishes.places import Places
from dispatcher.wishes.sources import place_for_results
from dispatcher.wishes.targets import Existing
from storage.errors import InputError
from storage.objects.address import Place
from storage.objects.reach import Reach
from storage.objects.store import ObjectStore
from storage.prices import Prices
from storage.records.database import Database
from storage.records.states import OPEN_JOBS, JobState

#: Jobs in one transaction: few enough that others get theirs in between.
AT_ONCE = 100


@dataclass(frozen=True)
class Batch:
    """One batch of a farm."""

    name: str
    turns: Turns
    open_store: Callable[[], ObjectStore]
    reach: Reach

    @property
    def database(self) -> Database:
        """The records."""
        return self.turns.database

    def summary(self) -> BatchSummary:
        """How far it is."""
        self._number()
        (summary,) = read_batches(self.database, 1, [self.name])
        return summary

    def jobs(self, states: Sequence[str] | None = None) -> list[int]:
        """The numbers of its jobs, or of those in some states: of jobs whose results have one name, the newest."""
        with self.database.reading() as connection:
            return jobs_of(connection, batch_named(connection, self.name), states)

    def cancel(self) -> tuple[int, list[InputError]]:
        """End all of its jobs that are open; returns how many, and why others could not be."""
        return self._each(self.jobs(OPEN_JOBS), cancel_job)

    def retry(self) -> tuple[int, list[InputError]]:
        """Let all of its jobs that failed or were cancelled continue where they stopped; returns how many, and why
        others could not.
        """
        return self._each(self.jobs([JobState.FAILED, JobState.CANCELLED]), retry_job)

    def prioritise(self, priority: int) -> int:
        """Give all of its jobs that are open another priority; returns how many."""
        changed = 0
        for job_ids in _portions(self.jobs()):
            with self.turns.writing() as turn:
                changed += len(set_priority(turn, job_ids, priority))
        return changed

    def report(self, now: float) -> PeriodReport:
        """What was done for it, by whom and how fast."""
        rows, period = read_batch(self.database, self._number(), now)
        return report_period(rows, period, Prices.of(self.turns.settings))

    def fetch(
        self, out: Place, existing: Existing = Existing.KEEP_CURRENT, pause: Callable[[], None] | None = None
    ) -> Iterator[Delivery]:
        """Copy the results into a folder, here or in a bucket, under the names that they have in the batch: all that
        are finished, and given a `pause` to wait with, the others as soon as they are.
        """
        folder = place_for_results(out) or Path()
        return bring(
            self.jobs(), lambda job: folder / inside(job.wanted or named_alone(job)), self.open_store, self.database,
            existing, pause, Places(self.reach),
        )  # fmt: skip

    def _each(self, jobs: Sequence[int], act: Callable[[Turn, int], object]) -> tuple[int, list[InputError]]:
        done, refused = 0, []
        for job_ids in _portions(jobs):
            with self.turns.writing() as turn:
                for job in job_ids:
                    try:
                        act(turn, job)
                        done += 1
                    except InputError as error:
                        refused.append(error)
        return done, refused

    def _number(self) -> int:
        with self.database.reading() as connection:
            return batch_named(connection, self.name)


def _portions(jobs: Sequence[int]) -> Iterator[Sequence[int]]:
    return (jobs[first : first + AT_ONCE] for first in range(0, len(jobs), AT_ONCE))

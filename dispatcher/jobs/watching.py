"""How far jobs are, read from SQL again and again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dispatcher.jobs.loading import load_jobs
from dispatcher.reports.waiting import Live, live_offers, waits_for
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import ENDED_JOBS


@dataclass(frozen=True, slots=True)
class Progress:
    """All jobs watched, and how much of their audio is done."""

    jobs: tuple[JobRecord, ...]
    live: Live

    @property
    def seconds(self) -> float:
        """Audio in all."""
        return sum(max(j.seconds, j.seconds_split) for j in self.jobs)

    @property
    def seconds_done(self) -> float:
        """Audio converted, or given up with its job."""
        return sum(j.seconds if j.state in ENDED_JOBS else j.seconds_done for j in self.jobs)

    @property
    def is_over(self) -> bool:
        """Whether every job has ended."""
        return all(j.state in ENDED_JOBS for j in self.jobs)

    @property
    def stage(self) -> str:
        """What is going on, in a few words."""
        for job in self.jobs:
            if job.state not in ENDED_JOBS:
                return waits_for(job, self.live) or f"{job.state} {job.name}"
        return "done"


def watch(
    database: Database, job_ids: Sequence[int], show: Callable[[Progress], None], pause: Callable[[], None]
) -> Progress:
    """Look until all have ended; `show` is called at every look, `pause` between two."""
    while True:
        jobs = tuple(sorted(load_jobs(database, len(job_ids), job_ids), key=lambda j: j.id))
        progress = Progress(jobs, live_offers(database))
        show(progress)
        if progress.is_over:
            return progress
        pause()

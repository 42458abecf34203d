"""How far jobs are, read from SQL at short intervals."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dispatcher.jobs.loading import load_jobs
from dispatcher.reports.waiting import Live, live_offers, waits_for
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import ENDED_JOBS

#: Seconds between two looks at the records.
LOOK = 0.1


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

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "jobs": {job.id: job.state for job in self.jobs},
            "seconds": self.seconds,
            "seconds_done": self.seconds_done,
            "stage": self.stage,
        }

    @property
    def stage(self) -> str:
        """What is happening, in a few words."""
        return stage_of(self.jobs, self.live)


def stage_of(jobs: Sequence[JobRecord], live: Live) -> str:
    """What happens to the first of these jobs that is open, in a few words."""
    for job in jobs:
        if job.state not in ENDED_JOBS:
            return waits_for(job, live) or f"{job.state} {job.name}"
    return "done"


def pause_a_moment() -> None:
    """Wait until it is worth looking again."""
    time.sleep(LOOK)


def watch(database: Database, job_ids: Sequence[int], pause: Callable[[], None] = pause_a_moment) -> Iterator[Progress]:
    """How far jobs are, now and after every change, until all have ended; `pause` is called between two looks."""
    seen = None
    while True:
        jobs = tuple(sorted(load_jobs(database, len(job_ids), job_ids), key=lambda j: j.id))
        progress = Progress(jobs, live_offers(database))
        if progress != seen:
            yield progress
        if progress.is_over:
            return
        seen = progress
        pause()

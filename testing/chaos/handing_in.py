"""Keep a farm busy during faults, as its users would: with new jobs, and by retrying jobs that rightly failed."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from sqlalchemy import func, select

from dispatcher.client.telling import turns_of_client
from dispatcher.jobs.ending import retry_job
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.request import PRIORITIES
from storage.errors import VoicefarmError
from storage.records.schema import AttemptRecord, JobRecord
from storage.records.states import ENDED_JOBS, JobState
from testing.chaos.kinds import Kind
from testing.chaos.plan import WORKERS
from testing.chaos.results import is_excused, jobs_in
from testing.chaos.standing import StandingFarm
from testing.chaos.work import Task, Work, next_task

#: Jobs that are open at a time; more would only wait longer.
OPEN = 4
#: Waiting atoms per worker from which a farm counts as busy: more than a worker can have in hand and in its queue.
BUSY = 4
#: Seconds between two looks at the farm.
LOOK = 0.1


@dataclass
class HandingIn:
    """A user who submits work."""

    farm: StandingFarm
    work: Work
    chance: Random
    taken: list[str] = field(default_factory=list)
    suffered: set[Kind] = field(default_factory=set)
    retried: int = 0
    tries: int = -1

    def keep_busy(self) -> None:
        """Submit more jobs if few are open; a farm that refuses for the moment is asked again later."""
        with suppress(VoicefarmError):
            while self._open_jobs() < OPEN:
                task = next_task(self.chance, self.taken)
                self.hand_in(task)
                self.taken.append(task.voice)

    def hand_in(self, task: Task) -> int:
        """Submit one job, as `voicefarm submit` does."""
        return self.work.hand_in(self.farm.database, self.farm.store, self.farm.settings, task)

    def retry_the_excused(self) -> None:
        """Retry jobs that failed because a disk was full, as their owner would."""
        for job in jobs_in(self.farm.database, JobState.FAILED):
            if is_excused(job, frozenset(self.suffered)):
                self.retried += 1
                with turns_of_client(self.farm.database, self.farm.settings).writing() as turn:
                    retry_job(turn, job.id)

    def wait_until_busy(self, seconds: float) -> bool:
        """Whether, within this time, more atoms wait than all workers can have in hand."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.keep_busy()
            with self.farm.database.reading() as connection:
                waiting = connection.execute(select(func.sum(JobRecord.atoms_waiting))).scalar() or 0
            if waiting >= BUSY * len(WORKERS):
                return True
            time.sleep(LOOK)
        return False

    def urgent_wait(self, seconds: float) -> float | None:
        """How long an urgent job waits for its first lease behind all others; None if longer than `seconds`."""
        number = self.hand_in(Task("word.wav", self._free_voice(), PRIORITIES["urgent"]))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            job = load_job(self.farm.database, number)
            if job.started_at is not None:
                return job.started_at - job.submitted_at
            time.sleep(LOOK)
        return None

    def has_progress(self) -> bool:
        """Whether a try of an atom has ended since the last call."""
        with self.farm.database.reading() as connection:
            tries = int(connection.execute(select(func.count()).select_from(AttemptRecord)).scalar_one())
        before, self.tries = self.tries, tries
        return 0 <= before < tries

    def _free_voice(self) -> str:
        task = next_task(self.chance, [*self.taken, "bright"])
        self.taken.append(task.voice)
        return task.voice

    def _open_jobs(self) -> int:
        with self.farm.database.reading() as connection:
            query = select(func.count()).where(JobRecord.state.not_in(ENDED_JOBS))
            return int(connection.execute(query).scalar_one())

"""Claims on a job: which process splits or stitches it now, renewed while the work goes on."""

import time
from collections.abc import Callable, Sequence
from threading import Event, Thread
from types import TracebackType
from typing import Self
from uuid import uuid4

from sqlalchemy import Connection, func, select, update

from dispatcher.jobs.ending import fail_job
from dispatcher.jobs.moves import CLAIM_SECONDS, LONGEST_PAUSE, PATIENCE, RENEW_SECONDS, SHORTEST_PAUSE
from dispatcher.turns.taking import Turns
from storage.errors import AudioError, DatabaseUnavailable, ObjectMissing, ServiceError, StaleClaim, VoicefarmError
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import JobState


class Claim:
    """The right to work on a stage of a job, or of several short ones, as long as it is renewed; for a `with` block."""

    def __init__(self, database: Database, job_ids: Sequence[int], clock: Callable[[], float] = time.time) -> None:
        self.database = database
        self.job_ids = list(job_ids)
        self.clock = clock
        self.token = uuid4().hex
        self.lost = False
        self.over = Event()
        self.thread = Thread(target=self._renew, name="claim", daemon=True)

    def take(self, *states: JobState, only_first_tries: bool = False) -> list[int]:
        """Take the claim on every job that nobody has and that is in one of these states; returns those taken.

        What crashes its process must not take others along twice, so together with others only a first try is made.
        """
        now = self.clock()
        wanted = (
            update(JobRecord)
            .where(JobRecord.id.in_(self.job_ids), JobRecord.state.in_(states))
            .where((JobRecord.claim.is_(None)) | (JobRecord.claim_until < now))
        )
        if only_first_tries:
            wanted = wanted.where(JobRecord.claims == 0)
        taking = wanted.values(claim=self.token, claim_until=now + CLAIM_SECONDS, claims=JobRecord.claims + 1)
        with self.database.writing() as connection:
            taken = connection.execute(taking.returning(JobRecord.id))
            self.job_ids = sorted(taken.scalars())
            return self.job_ids

    def give_back(self, job_ids: Sequence[int]) -> None:
        """Give the claim on some jobs back without having tried."""
        now = self.clock()
        with self.database.writing() as connection:
            connection.execute(
                update(JobRecord)
                .where(JobRecord.id.in_(job_ids), JobRecord.claim == self.token)
                .values(claim=None, claim_until=now, claims=JobRecord.claims - 1)
            )

    def still_held(self, connection: Connection, job_ids: Sequence[int], *states: JobState) -> frozenset[int]:
        """The jobs that we still have the claim on and that are in one of these states, locked."""
        found = connection.execute(
            select(JobRecord.id)
            .where(JobRecord.id.in_(job_ids), JobRecord.claim == self.token, JobRecord.state.in_(states))
            .order_by(JobRecord.id)
            .with_for_update()
        )
        return frozenset(found.scalars())

    def postpone(self, job_id: int, reason: str) -> bool:
        """Give the claim on a job back because a server is away, to try again later; it does not count as an attempt.

        False once that has gone on too long.
        """
        while True:
            try:
                return self._postpone(job_id, reason)
            except DatabaseUnavailable:
                # Nobody else can take the job meanwhile, and a claim left behind would count as a crash.
                if self.over.wait(RENEW_SECONDS):
                    raise

    def _postpone(self, job_id: int, reason: str) -> bool:
        now = self.clock()
        ours = (JobRecord.id == job_id, JobRecord.claim == self.token)
        with self.database.writing() as connection:
            since = connection.execute(
                select(func.coalesce(JobRecord.waiting_since, now)).where(*ours).with_for_update()
            ).scalar()
            if since is None:
                # Another process has it by now and does the waiting.
                return True
            if now - since > PATIENCE:
                return False
            pause = min(max((now - since) / 2.0, SHORTEST_PAUSE), LONGEST_PAUSE)
            connection.execute(
                update(JobRecord)
                .where(*ours)
                .values(
                    claim=None, claim_until=now, claims=JobRecord.claims - 1, not_before=now + pause,
                    waiting_for=reason, waiting_since=since,
                )
            )  # fmt: skip
            return True

    def check(self) -> None:
        """Raise StaleClaim once another process has it or the job has ended."""
        if self.lost:
            raise StaleClaim(f"jobs {self.job_ids} are no longer ours to work on; another process continues them")

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.thread.join()

    def _renew(self) -> None:
        while not self.over.wait(RENEW_SECONDS):
            try:
                with self.database.writing() as connection:
                    renewed = connection.execute(
                        update(JobRecord)
                        .where(JobRecord.id.in_(self.job_ids), JobRecord.claim == self.token)
                        .values(claim_until=self.clock() + CLAIM_SECONDS)
                    )
                    self.lost = renewed.rowcount == 0
            except VoicefarmError:
                # The database may be back before the claim is lost.
                continue


def work_on(turns: Turns, job_id: int, states: tuple[JobState, ...], work: Callable[[Claim], None]) -> None:
    """Do the work unless another process does or the job is in none of these states.

    A server that is away is waited for; what waiting cannot cure fails the job.
    """
    claim = Claim(turns.database, [job_id])
    if not claim.take(*states):
        return
    with claim:
        try:
            work(claim)
        except VoicefarmError as error:
            take_failure(turns, claim, job_id, error)


def take_failure(turns: Turns, claim: Claim, job_id: int, error: VoicefarmError) -> None:
    """Fail a job, or put its stage off where a server is away; what another process goes on with is left to it."""
    if isinstance(error, StaleClaim):
        return
    if not isinstance(error, AudioError | ServiceError):
        raise error
    is_away = isinstance(error, ServiceError) and not isinstance(error, ObjectMissing)
    if is_away and claim.postpone(job_id, str(error)):
        return
    with turns.writing() as turn:
        fail_job(turn, job_id, str(error))

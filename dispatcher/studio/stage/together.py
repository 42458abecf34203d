"""Working on one stage of many short jobs at a time: what one costs beside its samples is shared by all."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from dispatcher.kinds.kind import Stage
from dispatcher.studio.stage.claim import Claim, take_failure
from dispatcher.turns.taking import Turns
from storage.errors import ServiceError, VoicefarmError
from storage.records.schema import JobRecord
from storage.records.states import JobState

R = TypeVar("R")

#: Seconds of the longest recording that is worked on together with others; a longer one would hold them up.
SHORT = 60.0


def work_together(
    turns: Turns,
    job_ids: Sequence[int],
    states: tuple[JobState, ...],
    work: Callable[[Claim], Iterable[tuple[int, VoicefarmError]]],
) -> None:
    """Do the work on several short jobs under one claim; it yields those that failed, which harm no other."""
    claim = Claim(turns.database, job_ids)
    if not claim.take(*states, only_first_tries=True):
        return
    with claim:
        try:
            for job_id, error in work(claim):
                take_failure(turns, claim, job_id, error)
        except ServiceError as error:
            # The records or the scratch folder are away, and with them all that was not written down yet.
            for job_id in claim.job_ids:
                take_failure(turns, claim, job_id, error)


def tried(
    threads: int, jobs: Sequence[JobRecord], work: Callable[[JobRecord], R]
) -> Iterator[tuple[JobRecord, R | VoicefarmError]]:
    """Every job with what the work made of it, or why it failed."""

    def attempt(job: JobRecord) -> R | VoicefarmError:
        try:
            return work(job)
        except VoicefarmError as error:
            return error

    if threads == 1:
        yield from ((job, attempt(job)) for job in jobs)
        return
    with ThreadPoolExecutor(threads, "together") as pool:
        yield from zip(jobs, pool.map(attempt, jobs), strict=True)


def leave_long(turns: Turns, claim: Claim, stage: Stage, job_ids: Collection[int]) -> None:
    """Give the claim on long jobs back, and ask for each of them alone."""
    if not job_ids:
        return
    claim.give_back(sorted(job_ids))
    with turns.writing() as turn:
        for job_id in sorted(job_ids):
            turn.ask_for(stage, job_id, alone=True)

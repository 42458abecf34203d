"""Working on one stage of a job under its claim: what all stages have in common when things go wrong."""

from collections.abc import Callable

from dispatcher.jobs.ending import fail_job
from dispatcher.studio.stage.claim import Claim
from dispatcher.turns.taking import Turns
from storage.errors import AudioError, ObjectMissing, ServiceError, StaleClaim
from storage.records.states import JobState


def work_on(turns: Turns, job_id: int, states: tuple[JobState, ...], work: Callable[[Claim], None]) -> None:
    """Do the work unless another process does or the job is in none of these states.

    A server that is away is waited for; what waiting cannot cure fails the job.
    """
    claim = Claim(turns.database, job_id)
    if not claim.take(*states):
        return
    with claim:
        try:
            work(claim)
        except StaleClaim:
            return
        except (AudioError, ObjectMissing) as error:
            _fail(turns, job_id, error)
        except ServiceError as error:
            if not claim.postpone(str(error)):
                _fail(turns, job_id, error)


def _fail(turns: Turns, job_id: int, error: Exception) -> None:
    with turns.writing() as turn:
        fail_job(turn, job_id, str(error))

"""Stages that nobody works on: their message was lost, their process died, or what they wait for may be back."""

from typing import NamedTuple

from sqlalchemy import func, select, update

from dispatcher.desk.lookout import Lookout
from dispatcher.jobs.ending import fail_job
from dispatcher.jobs.moves import CLAIM_SECONDS
from dispatcher.kinds.catalog import KINDS
from dispatcher.kinds.kind import Stage
from dispatcher.turns.turn import Turn
from storage.records.rows import columns, read_rows
from storage.records.schema import JobRecord

#: Attempts at a stage before its job fails; each of them died silently.
MOST_CLAIMS = 5
#: Seconds until a stage is asked for again if nobody could look whether its message still waits.
ASK_AGAIN = 60.0


class _Unclaimed(NamedTuple):
    """A job whose stage nobody works on, with its last claim."""

    id: int
    claim: str | None
    claims: int
    claim_until: float
    not_before: float


def ask_for_stages(turn: Turn, lookout: Lookout) -> None:
    """Ask for every stage that is due."""
    for kind in KINDS.values():
        for stage in kind.stages:
            _ask_for(turn, kind.name, stage, lookout)


def _ask_for(turn: Turn, kind: str, stage: Stage, lookout: Lookout) -> None:
    wanted = stage.wanted_by(kind)
    busy = turn.connection.execute(
        select(func.count()).where(wanted, JobRecord.claim.is_not(None), JobRecord.claim_until >= turn.now)
    ).scalar_one()
    free = read_rows(
        turn.connection,
        _Unclaimed,
        select(*columns(_Unclaimed, JobRecord))
        .where(wanted, (JobRecord.claim.is_(None)) | (JobRecord.claim_until < turn.now))
        .where(JobRecord.not_before <= turn.now)
        .order_by(JobRecord.priority, JobRecord.submitted_at),
    )
    for place, job in enumerate(free):
        if job.claims >= MOST_CLAIMS:
            reason = (
                f"{stage.name} was begun {job.claims} times and never ended, so it seems to crash its process;"
                " see the log of the studio, then retry the job"
            )
            fail_job(turn, job.id, reason)
        elif _is_due(stage, job, turn.now, lookout, first=place == 0 and not busy):
            turn.ask_for(stage, job.id, alone=job.claims > 0)
            turn.connection.execute(
                update(JobRecord).where(JobRecord.id == job.id).values(claim=None, claim_until=turn.now)
            )


def _is_due(stage: Stage, job: _Unclaimed, now: float, lookout: Lookout, *, first: bool) -> bool:
    """Whether to ask: at once if a claim ran out or what it waits for may be back, else if its message was lost."""
    if job.claim is not None or job.not_before > job.claim_until:
        return True
    lost = lookout.is_lost(stage.about(job.id), now)
    # Nobody could look: ask soon for the first in line if no studio is busy; the others may just be waiting for it.
    waited = now - job.claim_until > (CLAIM_SECONDS / 2 if first else ASK_AGAIN)
    return lost or (waited and not lookout.is_sure)

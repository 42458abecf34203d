"""Stages of jobs that nobody works on: their message was lost, who had them died, or what they wait for may be back."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from dispatcher.desk.effects import Effects
from dispatcher.desk.lookout import Lookout
from dispatcher.jobs.claim import CLAIM_SECONDS
from dispatcher.jobs.ending import end_early
from dispatcher.life import Event
from storage.records.rows import AnyRow
from storage.records.schema import JobRecord
from storage.records.states import JobState
from workers.routes import MEND_TASK, SPLIT_TASK, STITCH_TASK, about_stage

#: Tries of a stage before its job fails: each one died without a word.
MOST_CLAIMS = 5
#: Seconds until a stage is asked for again whose message may still wait in its queue, where nobody can look into that.
ASK_AGAIN = 60.0


@dataclass(frozen=True, slots=True)
class _Stage:
    """A kind of long work on a job: what it is called, the task that does it, and the jobs that want it."""

    name: str
    task: str
    wanted_by: ColumnElement[bool]
    asked_for: list[int]


def ask_for_stages(connection: Connection, now: float, lookout: Lookout) -> Effects:
    """Ask for every stage that is due."""
    effects = Effects()
    for stage in (
        _Stage("its split", SPLIT_TASK, JobRecord.state.in_((JobState.SUBMITTED, JobState.SPLITTING)), effects.split),
        _Stage("its stitch", STITCH_TASK, JobRecord.state == JobState.STITCHING, effects.stitch),
        _Stage(
            "cutting it again",
            MEND_TASK,
            and_(JobRecord.state == JobState.CONVERTING, JobRecord.atoms_damaged > 0),
            effects.mend,
        ),
    ):
        _ask_for(connection, stage, effects, now, lookout)
    return effects


def _ask_for(connection: Connection, stage: _Stage, effects: Effects, now: float, lookout: Lookout) -> None:
    busy = connection.execute(
        select(func.count()).where(stage.wanted_by, JobRecord.claim.is_not(None), JobRecord.claim_until >= now)
    ).scalar_one()
    free = connection.execute(
        select(
            JobRecord.id, JobRecord.claim, JobRecord.claims, JobRecord.claim_until, JobRecord.not_before
        )
        .where(stage.wanted_by, (JobRecord.claim.is_(None)) | (JobRecord.claim_until < now))
        .where(JobRecord.not_before <= now)
        .order_by(JobRecord.priority, JobRecord.submitted_at)
    ).all()  # fmt: skip
    for place, job in enumerate(free):
        if job.claims >= MOST_CLAIMS:
            reason = (
                f"{stage.name} was begun {job.claims} times and never ended, so it ends the process that works on it;"
                f" see the log of the studio, then run `voicefarm retry {job.id}`"
            )
            effects.drop += end_early(connection, job.id, Event.FAILED, reason)
        elif _is_due(stage, job, now, lookout, first=place == 0 and not busy):
            stage.asked_for.append(job.id)
            connection.execute(update(JobRecord).where(JobRecord.id == job.id).values(claim=None, claim_until=now))


def _is_due(stage: _Stage, job: AnyRow, now: float, lookout: Lookout, *, first: bool) -> bool:
    """Whether to ask: at once where who had it died or what it waits for may be back, else if its message was lost."""
    if job.claim is not None or job.not_before > job.claim_until:
        return True
    lost = lookout.is_lost(about_stage(stage.task, job.id), now)
    # Nobody could look: soon for the first in line where nobody is busy, for others their turn may yet come.
    waited = now - job.claim_until > (CLAIM_SECONDS / 2 if first else ASK_AGAIN)
    return lost or (waited and not lookout.is_sure)

"""From the ends of jobs to notices: who is to be told of what."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, case, delete, exists, false, insert, not_, select, update
from sqlalchemy.orm import aliased

from dispatcher.hooks.event import BATCH_ENDED, JOB_ENDED, event_body, new_event
from dispatcher.hooks.targets import all_told, hooks_of
from dispatcher.jobs.batches import FILLING
from dispatcher.jobs.loading import jobs_in
from dispatcher.reports.batches import summarise_batch
from dispatcher.reports.summary import summarise
from dispatcher.turns.turn import Turn
from storage.records.notices import EndRecord, NoticeRecord
from storage.records.rows import read_rows
from storage.records.schema import BatchRecord, JobRecord
from storage.records.states import ENDED_JOBS, NoticeState

#: Ends that one turn sees to, so that it stays short.
AT_ONCE = 200
#: The state of an end of which only the batch is still to be told.
JOB_TOLD = ""
#: Made once, because putting a statement together takes longer than to find that there is nothing.
_ANY_END = select(EndRecord.id).limit(1)


class _End(NamedTuple):
    """A job's end, and whether it was the last of its batch."""

    id: int
    job_id: int
    batch_id: int | None
    state: str
    reason: str
    ended_at: float
    is_last: bool
    filling_until: float | None

    def is_held(self, now: float) -> bool:
        """Whether its batch would have ended with it, were not more jobs being handed in."""
        # A moment further ahead was written by a clock that was wrong.
        return self.is_last and now < (self.filling_until or 0.0) < now + 2 * FILLING


def spread_ends(turn: Turn) -> None:
    """Write a notice for everybody who is to be told of the ends since the last time; only one may do it at a time."""
    if turn.connection.execute(_ANY_END).first() is None:
        return
    ends = _next_ends(turn.connection)
    held = [end.id for end in ends if end.is_held(turn.now)]
    over = [end for end in ends if end.id not in held]
    turn.connection.execute(delete(EndRecord).where(EndRecord.id.in_([end.id for end in over])))
    if held:
        # Its job is told of now, and only its batch later.
        turn.connection.execute(update(EndRecord).where(EndRecord.id.in_(held)).values(state=JOB_TOLD))
    notices = [*_of_jobs(turn, ends), *_of_batches(turn, [end for end in over if end.is_last])]
    if notices:
        turn.connection.execute(insert(NoticeRecord), notices)


def _next_ends(connection: Connection) -> list[_End]:
    """All in one statement, which sees a job ended if and only if it sees the job's end: so of those that end at the
    same moment, in transactions that do not see each other, exactly one is the last.

    A batch that is open again by then, because a job of it was retried, has not ended.
    """
    later, job = aliased(EndRecord), aliased(JobRecord)
    is_last = case(
        (EndRecord.batch_id.is_(None), false()),
        (exists().where(later.batch_id == EndRecord.batch_id, later.id > EndRecord.id), false()),
        else_=not_(exists().where(job.batch_id == EndRecord.batch_id, job.state.not_in(ENDED_JOBS))),
    )
    filling_until = select(BatchRecord.filling_until).where(BatchRecord.id == EndRecord.batch_id).scalar_subquery()
    end = (
        EndRecord.id, EndRecord.job_id, EndRecord.batch_id, EndRecord.state, EndRecord.reason, EndRecord.ended_at,
    )  # fmt: skip
    return read_rows(connection, _End, select(*end, is_last, filling_until).order_by(EndRecord.id).limit(AT_ONCE))


def _of_jobs(turn: Turn, ends: Iterable[_End]) -> Iterator[dict[str, object]]:
    hooks = hooks_of(turn.settings)
    each = hooks and turn.settings.hook_jobs == "all"
    told = [end for end in ends if end.batch_id is None or (each and end.state != JOB_TOLD)]
    jobs = jobs_in(turn.connection, [end.job_id for end in told])
    for end in told:
        job = jobs[end.job_id]
        targets = hooks if end.batch_id is not None else all_told(turn.settings, job.notify)
        if targets:
            # It may have been retried since, and what is told is how it ended.
            job.state, job.reason, job.ended_at = end.state, end.reason, end.ended_at
            body = event_body(JOB_ENDED, end.ended_at, summarise(job, (), turn.now).to_json())
            yield from _notices(turn.now, targets, body, job_id=end.job_id)


def _of_batches(turn: Turn, ends: Iterable[_End]) -> Iterator[dict[str, object]]:
    for end in ends:
        notify = turn.connection.execute(select(BatchRecord.notify).where(BatchRecord.id == end.batch_id)).scalar()
        targets = all_told(turn.settings, notify or "")
        if targets and end.batch_id is not None:
            data = summarise_batch(turn.connection, end.batch_id).to_json()
            body = event_body(BATCH_ENDED, end.ended_at, data)
            yield from _notices(turn.now, targets, body, batch_id=end.batch_id)


def _notices(
    now: float, targets: Sequence[str], body: str, *, job_id: int | None = None, batch_id: int | None = None
) -> Iterator[dict[str, object]]:
    event = new_event()
    for target in targets:
        yield {
            "event": event, "job_id": job_id, "batch_id": batch_id, "target": target, "body": body,
            "state": NoticeState.WAITING, "tries": 0, "due_at": now, "said": "", "created_at": now,
        }  # fmt: skip

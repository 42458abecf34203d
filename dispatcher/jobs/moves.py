"""Changing a job's state in SQL, guarded by the state that it must be in, and what a claim is in its row."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, update

from dispatcher.jobs.life import Event, leads_to, possible_from
from storage.records.rows import Row, columns, read_rows
from storage.records.schema import JobRecord

#: Seconds after which a claim that was not renewed is free for others.
CLAIM_SECONDS = 10.0
#: Seconds between renewals: four chances before it is lost.
RENEW_SECONDS = 2.5
#: Seconds between attempts at a stage that waits for a server: half as long as it has waited so far, within these.
SHORTEST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
#: Seconds to wait for a server that is away or a disk that is full before the job fails: a night, so that
#: somebody is awake before work is given up.
PATIENCE = 12 * 3600.0

#: A stage that nobody has, with no attempts counted and nothing waited for.
CLAIM_OVER: dict[str, Any] = {
    "claim": None, "claim_until": 0.0, "claims": 0, "waiting_for": "", "waiting_since": None, "not_before": 0.0,
}  # fmt: skip


class _Number(NamedTuple):
    """A job that was moved."""

    id: int


def move(
    connection: Connection,
    job_id: int,
    event: Event,
    *,
    claim: str | None = None,
    claim_over: bool = False,
    **values: Any,
) -> bool:
    """Apply an event; False if the job's state does not allow it, or another process holds the claim.

    `claim_over` gives the claim back, and the next stage starts with no attempts counted.
    """
    moved = move_all(connection, [job_id], event, claim=claim, claim_over=claim_over, **values)
    return bool(moved)


def move_all(
    connection: Connection,
    job_ids: Sequence[int],
    event: Event,
    *,
    claim: str | None = None,
    claim_over: bool = False,
    only_where: ColumnElement[bool] | None = None,
    **values: Any,
) -> list[int]:
    """Apply an event to several jobs at once; returns those whose state allowed it."""
    moved = move_and_read(
        connection, _Number, job_ids, event, claim=claim, claim_over=claim_over, only_where=only_where, **values
    )
    return [job.id for job in moved]


def move_and_read(
    connection: Connection,
    row: type[Row],
    job_ids: Sequence[int],
    event: Event,
    *,
    claim: str | None = None,
    claim_over: bool = False,
    only_where: ColumnElement[bool] | None = None,
    **values: Any,
) -> list[Row]:
    """The same, with columns of the jobs that were moved, as they are now."""
    statement = update(JobRecord).where(JobRecord.id.in_(job_ids), JobRecord.state.in_(possible_from(event)))
    if claim is not None:
        statement = statement.where(JobRecord.claim == claim)
    if only_where is not None:
        statement = statement.where(only_where)
    if claim_over:
        values = {**CLAIM_OVER, **values}
    changing = statement.values(state=leads_to(event), **values).returning(*columns(row, JobRecord))
    return read_rows(connection, row, changing)

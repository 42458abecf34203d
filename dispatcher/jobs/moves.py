"""Changing a job's state in SQL, guarded by the state that it must be in."""

from typing import Any

from sqlalchemy import Connection, update

from dispatcher.jobs.claims import CLAIM_OVER
from dispatcher.jobs.life import Event, leads_to, possible_from
from storage.records.schema import JobRecord


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
    statement = update(JobRecord).where(JobRecord.id == job_id, JobRecord.state.in_(possible_from(event)))
    if claim is not None:
        statement = statement.where(JobRecord.claim == claim)
    if claim_over:
        values = {**CLAIM_OVER, **values}
    changed = connection.execute(statement.values(state=leads_to(event), **values))
    return changed.rowcount == 1

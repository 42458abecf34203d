"""Moving a job along its life in SQL, guarded by the state that it must be in."""

from typing import Any

from sqlalchemy import Connection, update

from dispatcher.life import Event, leads_to, possible_from
from storage.records.schema import JobRecord

#: A job whose stage nobody has, with no tries counted and nothing waited for.
CLAIM_OVER: dict[str, Any] = {
    "claim": None, "claim_until": 0.0, "claims": 0, "waiting_for": "", "waiting_since": None, "not_before": 0.0,
}  # fmt: skip


def move(
    connection: Connection,
    job_id: int,
    event: Event,
    *,
    claim: str | None = None,
    claim_over: bool = False,
    **values: Any,
) -> bool:
    """Apply an event; False where the job is in no state for it, or another holds the claim.

    `claim_over` gives the claim back, and the next stage starts with no tries counted.
    """
    statement = update(JobRecord).where(JobRecord.id == job_id, JobRecord.state.in_(possible_from(event)))
    if claim is not None:
        statement = statement.where(JobRecord.claim == claim)
    if claim_over:
        values = {**CLAIM_OVER, **values}
    changed = connection.execute(statement.values(state=leads_to(event), **values))
    return changed.rowcount == 1

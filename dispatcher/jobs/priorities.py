"""Changing how urgent jobs are, while they wait or run."""

from collections.abc import Sequence

from sqlalchemy import update

from dispatcher.turns.turn import Turn
from storage.records.schema import JobRecord
from storage.records.states import ENDED_JOBS


def set_priority(turn: Turn, job_ids: Sequence[int], priority: int) -> list[int]:
    """Give jobs another priority, from their next lease on; returns those that have not ended."""
    changed = turn.connection.execute(
        update(JobRecord)
        .where(JobRecord.id.in_(job_ids), JobRecord.state.not_in(ENDED_JOBS))
        .values(priority=priority)
        .returning(JobRecord.id)
    )
    turn.feed_next()
    return sorted(changed.scalars())

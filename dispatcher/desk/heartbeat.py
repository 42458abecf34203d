"""A worker's heartbeat: who is there, and which leases are in whose hands."""

from sqlalchemy import Connection, func, select, update

from dispatcher.desk.effects import Effects
from dispatcher.desk.returning import end_lease
from storage.records.inserting import insert_if_absent
from storage.records.schema import JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import LIVE_LEASES, LeaseState, WorkerState
from storage.settings import Settings
from workers.messages import Heartbeat


def take_heartbeat(connection: Connection, beat: Heartbeat, now: float, settings: Settings) -> Effects:
    """Write down what a worker says, and tell it which of its leases are not its own any more."""
    effects = Effects()
    known = connection.execute(
        select(WorkerRecord.state, WorkerRecord.idle_since).where(WorkerRecord.incarnation == beat.incarnation)
    ).one_or_none()
    if known is None:
        effects.add(_welcome(connection, beat, now, settings))
    idle = beat.state == WorkerState.READY and not beat.holding
    connection.execute(
        update(WorkerRecord)
        .where(WorkerRecord.incarnation == beat.incarnation)
        .values(
            state=beat.state,
            holding=list(beat.holding),
            memory_mb=beat.memory_mb,
            last_seen=now,
            idle_since=func.coalesce(WorkerRecord.idle_since, now) if idle else None,
        )
    )
    effects.add(_renew(connection, beat, now, settings))
    if beat.state == WorkerState.GONE:
        effects.add(lose_worker(connection, beat.incarnation, now, settings))
    return effects


def lose_worker(connection: Connection, incarnation: str, now: float, settings: Settings) -> Effects:
    """A worker is gone: all its leases are lost."""
    name = connection.execute(
        update(WorkerRecord)
        .where(WorkerRecord.incarnation == incarnation)
        .values(state=WorkerState.GONE, holding=[], idle_since=None)
        .returning(WorkerRecord.name)
    ).scalar()
    effects = Effects()
    for token in _running(connection, incarnation):
        blame = f"the worker {name} was lost while it had it; see why it died"
        effects.add(end_lease(connection, token, LeaseState.LOST, now, settings.max_attempts, blame))
    return effects


def _welcome(connection: Connection, beat: Heartbeat, now: float, settings: Settings) -> Effects:
    """A worker that was not known; one of the same name must have died, for names are unique on the farm."""
    effects = Effects(feed=True)
    others = connection.execute(
        select(WorkerRecord.incarnation).where(WorkerRecord.name == beat.name, WorkerRecord.state != WorkerState.GONE)
    )
    for incarnation in list(others.scalars()):
        effects.add(lose_worker(connection, incarnation, now, settings))
    facts = {**beat.to_json(), "offers": list(beat.offers), "holding": []}
    insert_if_absent(connection, WorkerRecord, **facts, started_at=now, last_seen=now)
    return effects


def _renew(connection: Connection, beat: Heartbeat, now: float, settings: Settings) -> Effects:
    """Leases in a worker's hands live on; those that were ended meanwhile are to be dropped."""
    if not beat.holding:
        return Effects()
    renewed = connection.execute(
        update(LeaseRecord)
        .where(LeaseRecord.token.in_(beat.holding), LeaseRecord.state.in_(LIVE_LEASES))
        .values(
            state=LeaseState.RUNNING,
            worker=beat.incarnation,
            started_at=func.coalesce(LeaseRecord.started_at, now),
            heard_at=func.coalesce(LeaseRecord.heard_at, now),
            expires_at=now + settings.lost_after_seconds,
        )
        .returning(LeaseRecord.token, LeaseRecord.job_id)
    ).all()
    connection.execute(
        update(JobRecord)
        .where(JobRecord.id.in_({r.job_id for r in renewed}), JobRecord.started_at.is_(None))
        .values(started_at=now)
    )
    return Effects(drop=sorted(set(beat.holding) - {r.token for r in renewed}))


def _running(connection: Connection, incarnation: str) -> list[str]:
    found = connection.execute(
        select(LeaseRecord.token).where(LeaseRecord.worker == incarnation, LeaseRecord.state == LeaseState.RUNNING)
    )
    return list(found.scalars())

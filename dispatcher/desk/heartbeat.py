"""A worker's heartbeat: who is there, and which leases are in whose hands."""

from sqlalchemy import Connection, case, func, select, update

from dispatcher.desk.effects import Effects
from dispatcher.desk.returning import end_lease
from dispatcher.jobs.ending import Drop
from storage.errors import BadMessage
from storage.records.inserting import insert_if_absent
from storage.records.rows import AnyRow
from storage.records.schema import JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import LIVE_LEASES, LeaseState, WorkerState
from storage.settings import Settings
from workers.messages import Heartbeat

#: Workers that a farm may have at a time: far more than any has, few enough that a flood of made-up ones stops nobody.
MOST_WORKERS = 1_000
#: Heartbeats within which a worker must be heard once another has shown up under its name, or it is taken for dead.
BEATS_TO_OBJECT = 2.5


def take_heartbeat(
    connection: Connection,
    beat: Heartbeat,
    now: float,
    settings: Settings,
    key: str | None = None,
    *,
    has_keys: bool = True,
) -> Effects:
    """Write down what a worker says, and tell it which of its leases are not its own any more.

    `key` is the worker key that it was signed with; only messages with the same one count from then on, as long as the
    farm has keys at all.
    """
    effects = Effects()
    known = connection.execute(
        select(WorkerRecord.name, WorkerRecord.queue, WorkerRecord.key, WorkerRecord.state).where(
            WorkerRecord.incarnation == beat.incarnation
        )
    ).one_or_none()
    if known is None:
        effects.add(_welcome(connection, beat, now, settings, key))
    elif has_keys and known.key != key:
        raise BadMessage(f"a heartbeat of {known.name} is signed with another key than its first")
    elif (known.name, known.queue) != (beat.name, beat.queue):
        raise BadMessage(f"a heartbeat of {known.name} says that it is {beat.name}")
    elif known.state == WorkerState.GONE and beat.state in (WorkerState.DRAINING, WorkerState.GONE):
        # It was sent before its goodbye and overtaken by it.
        return effects
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
        effects.add(_take_leave(connection, beat, now, settings))
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


def _take_leave(connection: Connection, beat: Heartbeat, now: float, settings: Settings) -> Effects:
    """A worker has ended by itself. What it could not report is lost, and blames nobody.

    Its other leases are over: their last reports were sent before this, but may be read after it.
    """
    connection.execute(
        update(WorkerRecord).where(WorkerRecord.incarnation == beat.incarnation).values(holding=[], idle_since=None)
    )
    ours = select(LeaseRecord.token).where(LeaseRecord.token.in_(beat.holding), LeaseRecord.worker == beat.incarnation)
    effects = Effects(feed=True)
    for token in list(connection.execute(ours).scalars()):
        effects.add(end_lease(connection, token, LeaseState.LOST, now, settings.max_attempts))
    return effects


def _welcome(connection: Connection, beat: Heartbeat, now: float, settings: Settings, key: str | None) -> Effects:
    """A worker that was not known. Another of its name is most likely dead, for names are unique on the farm."""
    alive = connection.execute(
        select(func.count()).where(
            WorkerRecord.last_seen >= now - settings.lost_after_seconds, WorkerRecord.state != WorkerState.GONE
        )
    ).scalar_one()
    if alive >= MOST_WORKERS:
        raise BadMessage(
            f"{alive} workers are there, so {beat.name} is not taken in; a farm has {MOST_WORKERS} at most"
        )
    effects = Effects(feed=True)
    others = connection.execute(
        select(WorkerRecord.incarnation, WorkerRecord.key).where(
            WorkerRecord.name == beat.name, WorkerRecord.state != WorkerState.GONE
        )
    ).all()
    for other in others:
        effects.add(_succeed(connection, other, beat, now, settings, key))
    facts = {**beat.to_json(), "offers": list(beat.offers), "holding": []}
    insert_if_absent(connection, WorkerRecord, **facts, key=key, started_at=now, last_seen=now)
    return effects


def _succeed(
    connection: Connection, other: AnyRow, beat: Heartbeat, now: float, settings: Settings, key: str | None
) -> Effects:
    """Take an older worker of the same name for dead: at once where the key proves it, else if it does not object."""
    if other.key != key:
        raise BadMessage(f"the name {beat.name} belongs to a worker with another key")
    if key is not None:
        return lose_worker(connection, other.incarnation, now, settings)
    last_chance = now - settings.lost_after_seconds + BEATS_TO_OBJECT * settings.heartbeat_seconds
    connection.execute(
        update(WorkerRecord)
        .where(WorkerRecord.incarnation == other.incarnation)
        .values(last_seen=case((WorkerRecord.last_seen < last_chance, WorkerRecord.last_seen), else_=last_chance))
    )
    return Effects()


def _renew(connection: Connection, beat: Heartbeat, now: float, settings: Settings) -> Effects:
    """Leases in a worker's hands live on; those that were ended, or belong to another, are to be dropped.

    A lease belongs to the first who says that he has it, if it was in his queue.
    """
    if not beat.holding:
        return Effects()
    renewed = connection.execute(
        update(LeaseRecord)
        .where(LeaseRecord.token.in_(beat.holding), LeaseRecord.state.in_(LIVE_LEASES), LeaseRecord.queue == beat.queue)
        .where(LeaseRecord.worker.is_(None) | (LeaseRecord.worker == beat.incarnation))
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
    refused = sorted(set(beat.holding) - {r.token for r in renewed})
    if refused and _shares_its_name(connection, beat):
        # Commands go by name: who takes another's must not make it let its leases go.
        return Effects()
    return Effects(drop=[Drop(token, (beat.name,)) for token in refused])


def _shares_its_name(connection: Connection, beat: Heartbeat) -> bool:
    others = select(func.count()).where(
        WorkerRecord.name == beat.name,
        WorkerRecord.incarnation != beat.incarnation,
        WorkerRecord.state != WorkerState.GONE,
    )
    return bool(connection.execute(others).scalar_one())


def _running(connection: Connection, incarnation: str) -> list[str]:
    found = connection.execute(
        select(LeaseRecord.token).where(LeaseRecord.worker == incarnation, LeaseRecord.state == LeaseState.RUNNING)
    )
    return list(found.scalars())

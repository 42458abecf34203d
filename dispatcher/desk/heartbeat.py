"""A worker's heartbeat: who is there, and which leases are in whose hands."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, select, update

from dispatcher.desk.measuring import begin_measuring
from dispatcher.desk.returning import end_lease
from dispatcher.jobs.holding import IS_LIVE
from dispatcher.turns.turn import Drop, Turn
from storage.errors import BadMessage
from storage.records.rows import columns, insert_if_absent, read_row, read_rows
from storage.records.schema import JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import WORKERS_THERE, LeaseState, WorkerState
from workers.wire.messages import Heartbeat
from workers.wire.signing import UNSIGNED, Trust

#: Workers that a farm may have at a time: far more than any has, and few enough that a flood of fake ones does no harm.
MOST_WORKERS = 1_000
#: Heartbeats within which a worker must be heard once another appears under its name, or it is taken for dead.
BEATS_TO_OBJECT = 2.5


class _Known(NamedTuple):
    """A worker as its earlier heartbeats described it."""

    name: str
    queue: str
    key: str | None
    state: str


class _Namesake(NamedTuple):
    """Another worker of the same name."""

    incarnation: str
    key: str | None


def take_heartbeat(turn: Turn, beat: Heartbeat, trust: Trust = UNSIGNED) -> None:
    """Record what a worker says, and tell it which of its leases are no longer its own.

    As long as the farm has keys, only messages signed with the same key as its first one count.
    """
    this_worker = select(*columns(_Known, WorkerRecord)).where(WorkerRecord.incarnation == beat.incarnation)
    known = read_row(turn.connection, _Known, this_worker)
    if known is None:
        _welcome(turn, beat, trust.key)
    elif not trust.speaks_for(known.key):
        raise BadMessage(f"a heartbeat of {known.name} is signed with another key than its first")
    elif (known.name, known.queue) != (beat.name, beat.queue):
        raise BadMessage(f"a heartbeat of {known.name} says that it is {beat.name}")
    elif known.state == WorkerState.GONE and beat.state in (WorkerState.DRAINING, WorkerState.GONE):
        # It was sent before its goodbye, which overtook it.
        return
    turn.connection.execute(
        update(WorkerRecord)
        .where(WorkerRecord.incarnation == beat.incarnation)
        .values(state=beat.state, holding=list(beat.holding), memory_mb=beat.memory_mb, last_seen=turn.now)
    )
    _renew(turn, beat)
    if beat.state == WorkerState.GONE:
        _take_leave(turn, beat)


def lose_worker(turn: Turn, incarnation: str) -> None:
    """A worker is gone: all its leases are lost."""
    name = turn.connection.execute(
        update(WorkerRecord)
        .where(WorkerRecord.incarnation == incarnation)
        .values(state=WorkerState.LOST, holding=[])
        .returning(WorkerRecord.name)
    ).scalar()
    blamed: set[str] = set()
    for token, bundle in _running(turn.connection, incarnation):
        # Of a bundle it had one atom in hand, the first that it has not told of.
        blame = None if bundle in blamed else f"the worker {name} was lost while it had it; see why it died"
        if end_lease(turn, token, LeaseState.LOST, blame) and bundle:
            blamed.add(bundle)


def _take_leave(turn: Turn, beat: Heartbeat) -> None:
    """A worker has ended by itself. What it could not report is lost, and nothing is blamed.

    Its other leases are over: their last reports were sent before this, but may be read after it.
    """
    turn.connection.execute(update(WorkerRecord).where(WorkerRecord.incarnation == beat.incarnation).values(holding=[]))
    ours = select(LeaseRecord.token).where(IS_LIVE, _is_held(beat), LeaseRecord.worker == beat.incarnation)
    turn.feed_next()
    for token in list(turn.connection.execute(ours).scalars()):
        end_lease(turn, token, LeaseState.LOST)


def _welcome(turn: Turn, beat: Heartbeat, key: str | None) -> None:
    """Take in a new worker. Another of its name is most likely dead, because names are unique on the farm."""
    alive = turn.connection.execute(
        select(func.count()).where(
            WorkerRecord.last_seen >= turn.now - turn.settings.lost_after_seconds,
            WorkerRecord.state.in_(WORKERS_THERE),
        )
    ).scalar_one()
    if alive >= MOST_WORKERS:
        raise BadMessage(
            f"{alive} workers are there, so {beat.name} is not taken in; a farm has {MOST_WORKERS} at most"
        )
    turn.feed_next()
    namesakes = select(*columns(_Namesake, WorkerRecord)).where(
        WorkerRecord.name == beat.name, WorkerRecord.state.in_(WORKERS_THERE)
    )
    for other in read_rows(turn.connection, _Namesake, namesakes):
        _succeed(turn, other, beat, key)
    insert_if_absent(
        turn.connection, WorkerRecord, incarnation=beat.incarnation, name=beat.name, queue=beat.queue,
        capability=beat.capability, device=beat.device, offers=list(beat.offers), engines=dict(beat.engines),
        host=beat.host, pid=beat.pid, state=beat.state, holding=[], memory_mb=beat.memory_mb, key=key,
        most_leases=beat.most_leases, own_queue=beat.own_queue,
        started_at=turn.now, last_seen=turn.now,
    )  # fmt: skip


def _succeed(turn: Turn, other: _Namesake, beat: Heartbeat, key: str | None) -> None:
    """Take an older worker of the same name for dead: at once if the key proves it, otherwise unless it objects."""
    if other.key != key:
        raise BadMessage(f"the name {beat.name} belongs to a worker with another key")
    if key is not None:
        lose_worker(turn, other.incarnation)
        return
    settings = turn.settings
    last_chance = turn.now - settings.lost_after_seconds + BEATS_TO_OBJECT * settings.heartbeat_seconds
    turn.connection.execute(
        update(WorkerRecord)
        .where(WorkerRecord.incarnation == other.incarnation)
        .values(last_seen=case((WorkerRecord.last_seen < last_chance, WorkerRecord.last_seen), else_=last_chance))
    )


def _renew(turn: Turn, beat: Heartbeat) -> None:
    """Renew the leases that a worker holds; those that have ended, or belong to another, are to be dropped.

    A lease belongs to the first worker of its queue that claims it.
    """
    if not beat.holding:
        return
    renewed = turn.connection.execute(
        update(LeaseRecord)
        .where(_is_held(beat), IS_LIVE, LeaseRecord.queue == beat.queue)
        .where(LeaseRecord.worker.is_(None) | (LeaseRecord.worker == beat.incarnation))
        .values(
            state=LeaseState.RUNNING,
            worker=beat.incarnation,
            started_at=func.coalesce(LeaseRecord.started_at, turn.now),
            heard_at=func.coalesce(LeaseRecord.heard_at, turn.now),
            expires_at=turn.now + turn.settings.lost_after_seconds,
        )
        .returning(LeaseRecord.token, LeaseRecord.bundle, LeaseRecord.job_id)
    ).all()
    turn.connection.execute(
        update(JobRecord)
        .where(JobRecord.id.in_({r.job_id for r in renewed}), JobRecord.started_at.is_(None))
        .values(started_at=turn.now)
    )
    measuring = begin_measuring(turn, beat) if beat.state == WorkerState.MEASURING else set()
    refused = sorted(set(beat.holding) - {r.token for r in renewed} - {r.bundle for r in renewed} - measuring)
    # Commands are addressed by name: who uses another's name must not make it drop its leases.
    if refused and not _shares_its_name(turn.connection, beat):
        turn.drop(Drop(token, (beat.name,)) for token in refused)


def _shares_its_name(connection: Connection, beat: Heartbeat) -> bool:
    others = select(func.count()).where(
        WorkerRecord.name == beat.name,
        WorkerRecord.incarnation != beat.incarnation,
        WorkerRecord.state.in_(WORKERS_THERE),
    )
    return bool(connection.execute(others).scalar_one())


def _is_held(beat: Heartbeat) -> ColumnElement[bool]:
    """Which leases a worker says that it holds; it names those of a bundle by the bundle."""
    return LeaseRecord.token.in_(beat.holding) | LeaseRecord.bundle.in_(beat.holding)


def _running(connection: Connection, incarnation: str) -> Sequence[tuple[str, str | None]]:
    """The leases that a worker has, with their bundles, in the order in which it works on them."""
    found = connection.execute(
        select(LeaseRecord.token, LeaseRecord.bundle)
        .where(IS_LIVE, LeaseRecord.worker == incarnation, LeaseRecord.state == LeaseState.RUNNING)
        .order_by(LeaseRecord.token)
    )
    return [(token, bundle) for token, bundle in found]

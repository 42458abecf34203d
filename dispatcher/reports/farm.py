"""The workers as the records know them: who is there, what they can do, how fast they are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatcher.feed.speed import Speed
from storage.prices import NO_PRICES, Prices
from storage.records.column_values import names_in, texts_in
from storage.records.database import Database
from storage.records.schema import LeaseRecord, SpeedRecord, WorkerRecord
from storage.records.states import WORKERS_THERE, WorkerState
from workers.wire.routes import class_of

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Held:
    """A lease in a worker's hands."""

    token: str
    job: int
    first_atom: int
    last_atom: int


@dataclass(frozen=True, slots=True)
class EngineThere:
    """An engine that a worker runs, and how fast machines of its class were measured to run it."""

    name: str
    version: str
    realtime_factor: float | None
    cost_per_hour: float | None = None
    """What an hour of audio costs by it, at the owner's prices."""


@dataclass(frozen=True, slots=True)
class WorkerThere:
    """One run of a worker process."""

    name: str
    incarnation: str
    capability: str
    device: str
    host: str
    pid: int
    queue: str
    offers: tuple[str, ...]
    engines: tuple[EngineThere, ...]
    state: str
    """What it said last; `gone` also where nothing was heard of it for too long."""
    holding: tuple[Held, ...]
    memory_mb: float
    started_at: float
    last_seen: float
    silent_seconds: float

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


Speeds = Mapping[str, Mapping[str, float]]


def last_runs(workers: Iterable[WorkerThere]) -> list[WorkerThere]:
    """The last run of each worker, the last seen first.

    Every embedded farm starts workers of the same few names, so all runs there ever were would tell less.
    """
    latest: dict[str, WorkerThere] = {}
    for worker in sorted(workers, key=lambda worker: worker.last_seen, reverse=True):
        latest.setdefault(worker.name, worker)
    return list(latest.values())


def read_workers(
    database: Database,
    now: float,
    lost_after: float,
    *,
    past: bool,
    seen_since: float = 0.0,
    prices: Prices = NO_PRICES,
) -> list[WorkerThere]:
    """Those that are there, by name; or also those that were, every run, the last seen first."""
    since = seen_since if past else now - lost_after
    with database.reading() as connection, Session(connection) as session:
        statement = select(WorkerRecord).where(WorkerRecord.last_seen >= since)
        if not past:
            statement = statement.where(WorkerRecord.state.in_(WORKERS_THERE))
        workers = list(session.scalars(statement.order_by(WorkerRecord.last_seen.desc())))
        speeds = _speeds(session)
        held = _held(session, [token for w in workers for token in names_in(w.holding)])
        there = [describe_worker(w, speeds.get(w.queue, {}), held, now, lost_after, prices) for w in workers]
    return there if past else sorted(there, key=lambda worker: worker.name)


def describe_worker(
    worker: WorkerRecord,
    speeds: Mapping[str, float],
    held: Mapping[str, Held],
    now: float,
    lost_after: float,
    prices: Prices = NO_PRICES,
) -> WorkerThere:
    """One worker, with the speeds of its class and the leases that anybody holds."""
    silent = max(now - worker.last_seen, 0.0)
    return WorkerThere(
        name=worker.name,
        incarnation=worker.incarnation,
        capability=worker.capability,
        device=worker.device,
        host=worker.host,
        pid=worker.pid,
        queue=worker.queue,
        offers=tuple(sorted(names_in(worker.offers))),
        engines=tuple(
            EngineThere(name, version, speeds.get(name), _cost(worker.queue, speeds.get(name), prices))
            for name, version in sorted(texts_in(worker.engines).items())
        ),
        state=str(worker.state) if silent <= lost_after else str(WorkerState.GONE),
        holding=tuple(held[token] for token in sorted(names_in(worker.holding)) if token in held),
        memory_mb=worker.memory_mb,
        started_at=worker.started_at,
        last_seen=worker.last_seen,
        silent_seconds=silent,
    )


def _cost(queue: str, speed: float | None, prices: Prices) -> float | None:
    """What an hour of audio costs at this speed."""
    return prices.cost(class_of(queue), _HOUR / speed) if speed else None


def _speeds(session: Session) -> Speeds:
    speeds: dict[str, dict[str, float]] = defaultdict(dict)
    for record in session.scalars(select(SpeedRecord).where(SpeedRecord.busy > 0.0)):
        speed = Speed(record.audio, record.busy).sound()
        if speed.busy:
            speeds[record.queue][record.engine] = speed.factor
    return speeds


def _held(session: Session, tokens: Sequence[str]) -> dict[str, Held]:
    if not tokens:
        return {}
    leases = session.scalars(select(LeaseRecord).where(LeaseRecord.token.in_(tokens)))
    return {x.token: Held(x.token, x.job_id, x.first_number, x.last_number) for x in leases}

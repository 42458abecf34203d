"""Measuring workers, one at a time on a whole farm: who is next, whether it is at it, and what came of it."""

from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, func, select, update

from dispatcher.benchmarks.documents import measurement_in
from dispatcher.desk.lookout import Lookout
from dispatcher.desk.report import trusted_reporter
from dispatcher.turns.turn import Issued, Turn
from storage.errors import InputError
from storage.records.measurements import MeasurementRecord
from storage.records.rows import columns, read_row, read_rows
from storage.records.schema import WorkerRecord
from storage.records.states import LIVE_MEASUREMENTS, WORKERS_STAYING, WORKERS_THERE, MeasurementState
from workers.wire.messages import Heartbeat, Json, MeasuringOrder, MeasuringReport
from workers.wire.routes import MEASURE_TASK
from workers.wire.sending import URGENT
from workers.wire.signing import UNSIGNED, Trust


class _Wanted(NamedTuple):
    """A measurement whose turn it is, or was."""

    id: int
    worker: str
    is_short: bool
    suites: list[str]
    state: str
    token: str | None
    incarnation: str | None


class _There(NamedTuple):
    """The worker that is to be measured."""

    incarnation: str
    own_queue: str
    state: str
    holding: list[str]


def keep_measuring(turn: Turn, lookout: Lookout) -> None:
    """See to the one that is measured, and once it is over, to the next; to be called in a deciding turn."""
    live = select(*columns(_Wanted, MeasurementRecord)).where(MeasurementRecord.state.in_(LIVE_MEASUREMENTS))
    under_way = read_rows(turn.connection, _Wanted, live)
    still = [one for one in under_way if _goes_on(turn, lookout, one)]
    while not still and (one := _next(turn.connection)) is not None:
        still = [one] if _order(turn, one) else []


def own_queues(connection: Connection) -> list[str]:
    """The queues in which orders to measure should wait, for the lookout."""
    return list(
        connection.execute(
            select(WorkerRecord.own_queue)
            .join(MeasurementRecord, MeasurementRecord.incarnation == WorkerRecord.incarnation)
            .where(MeasurementRecord.state == MeasurementState.ORDERED)
        ).scalars()
    )


def begin_measuring(turn: Turn, beat: Heartbeat) -> set[str]:
    """Note that a worker is at what it was asked; returns the orders that it may go on with."""
    begun = turn.connection.execute(
        update(MeasurementRecord)
        .where(
            MeasurementRecord.token.in_(beat.holding),
            MeasurementRecord.incarnation == beat.incarnation,
            MeasurementRecord.state.in_(LIVE_MEASUREMENTS),
        )
        .values(state=MeasurementState.RUNNING, began_at=_first(turn.now))
        .returning(MeasurementRecord.token)
    ).scalars()
    return {token for token in begun if token}


def take_measured(turn: Turn, report: MeasuringReport, trust: Trust = UNSIGNED) -> None:
    """Record what a worker measured, if it is the one that was asked and anybody still wants to know."""
    trusted_reporter(turn.connection, report.incarnation, trust)
    error = report.error or _unreadable(report.found or {})
    turn.connection.execute(
        update(MeasurementRecord)
        .where(
            MeasurementRecord.token == report.token,
            MeasurementRecord.incarnation == report.incarnation,
            MeasurementRecord.state.in_(LIVE_MEASUREMENTS),
        )
        .values(
            state=MeasurementState.FAILED if error else MeasurementState.DONE,
            reason=error, found=None if error else report.found, began_at=_first(turn.now), ended_at=turn.now,
        )
    )  # fmt: skip


def _unreadable(found: Json) -> str:
    """Why a document cannot be read, as a sentence; nothing if it can."""
    try:
        measurement_in(found, "what the worker sent")
    except InputError as refusal:
        return str(refusal)
    return ""


def _first(now: float) -> ColumnElement[float]:
    """When it began: now, unless that was noted before."""
    return func.coalesce(MeasurementRecord.began_at, now)


def _goes_on(turn: Turn, lookout: Lookout, one: _Wanted) -> bool:
    """Whether a measurement is still to be waited for; its order is sent again if it was lost."""
    there = select(*columns(_There, WorkerRecord)).where(WorkerRecord.incarnation == one.incarnation)
    worker = read_row(turn.connection, _There, there)
    if worker is None or worker.state not in WORKERS_THERE:
        return _fail(turn, one, f"the worker {one.worker} was lost before it was over; see why, and measure it again")
    token = one.token or ""
    if token in worker.holding or not lookout.is_lost(token, turn.now):
        return True
    if one.state == MeasurementState.RUNNING:
        return _fail(turn, one, f"what {one.worker} measured never arrived; measure it again")
    _send(turn, one, worker, token)
    return True


def _next(connection: Connection) -> _Wanted | None:
    return read_row(
        connection,
        _Wanted,
        select(*columns(_Wanted, MeasurementRecord))
        .where(MeasurementRecord.state == MeasurementState.WAITING)
        .order_by(MeasurementRecord.id)
        .limit(1),
    )


def _order(turn: Turn, one: _Wanted) -> bool:
    """Ask a worker to measure itself once it has done the lease in hand; False where it is not there any more."""
    there = (
        select(*columns(_There, WorkerRecord))
        .where(WorkerRecord.name == one.worker, WorkerRecord.state.in_(WORKERS_STAYING))
        .order_by(WorkerRecord.last_seen.desc())
        .limit(1)
    )
    worker = read_row(turn.connection, _There, there)
    if worker is None:
        return _fail(turn, one, f"the worker {one.worker} was not there when its turn came")
    if not worker.own_queue:
        return _fail(turn, one, f"the worker {one.worker} has a version that measures nothing; upgrade it")
    token = uuid4().hex
    turn.connection.execute(
        update(MeasurementRecord)
        .where(MeasurementRecord.id == one.id)
        .values(
            state=MeasurementState.ORDERED, token=token, incarnation=worker.incarnation, ordered_at=turn.now,
        )
    )  # fmt: skip
    _send(turn, one, worker, token)
    return True


def _send(turn: Turn, one: _Wanted, worker: _There, token: str) -> None:
    order = MeasuringOrder(token, is_short=one.is_short, suites=tuple(one.suites))
    told = f"{one.worker} measures {', '.join(one.suites) or 'all that it can'}{', in short' if one.is_short else ''}"
    turn.issue(Issued(worker.own_queue, URGENT, order, told=told, task=MEASURE_TASK))


def _fail(turn: Turn, one: _Wanted, reason: str) -> bool:
    """End a measurement that comes to nothing."""
    turn.connection.execute(
        update(MeasurementRecord)
        .where(MeasurementRecord.id == one.id)
        .values(state=MeasurementState.FAILED, reason=reason, ended_at=turn.now)
    )
    return False

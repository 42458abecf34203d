"""Workers that were asked to measure themselves: how each stands, and what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from dispatcher.benchmarks.documents import measurement_in
from dispatcher.turns.turn import Drop, Turn
from storage.records.measurements import MeasurementRecord
from storage.records.rows import columns, read_rows
from storage.records.states import LIVE_MEASUREMENTS, OPEN_MEASUREMENTS, MeasurementState
from workers.measuring.measurement import Measurement


@dataclass(frozen=True, slots=True)
class MeasuredWorker:
    """One worker that was asked."""

    number: int
    worker: str
    state: str
    reason: str
    """Why it failed."""
    seconds: float | None
    """How long it took, once it is over."""
    found: Measurement | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in OPEN_MEASUREMENTS


class _Row(NamedTuple):
    """What is read of a measurement."""

    id: int
    worker: str
    state: str
    reason: str
    began_at: float | None
    ended_at: float | None
    found: Mapping[str, Any] | None


def ask(turn: Turn, workers: Sequence[str], suites: Sequence[str], *, is_short: bool) -> list[int]:
    """Have these workers measure themselves, one after the other; returns the numbers of the measurements."""
    asked = {"is_short": is_short, "suites": list(suites), "reason": "", "asked_at": turn.now}
    adding = insert(MeasurementRecord).returning(MeasurementRecord.id)
    return [
        int(
            turn.connection.execute(
                adding.values(worker=worker, state=MeasurementState.WAITING, **asked)
            ).scalar_one()
        )
        for worker in workers
    ]  # fmt: skip


def give_up(turn: Turn, numbers: Iterable[int]) -> None:
    """Nobody wants these figures any more: they are not begun with, and the one under way is ended."""
    wanted = MeasurementRecord.id.in_(list(numbers))
    live = turn.connection.execute(
        select(MeasurementRecord.token, MeasurementRecord.worker).where(
            wanted, MeasurementRecord.state.in_(LIVE_MEASUREMENTS)
        )
    )
    turn.drop([Drop(token, (worker,)) for token, worker in live if token])
    turn.connection.execute(
        update(MeasurementRecord)
        .where(wanted, MeasurementRecord.state.in_(OPEN_MEASUREMENTS))
        .values(state=MeasurementState.CANCELLED, ended_at=turn.now)
    )


def read_measured(connection: Connection, numbers: Iterable[int]) -> list[MeasuredWorker]:
    """How these measurements stand."""
    return _read(connection, MeasurementRecord.id.in_(list(numbers)))


def last_measured(connection: Connection) -> list[MeasuredWorker]:
    """The last measurement of every worker that ever was measured."""
    latest = (
        select(func.max(MeasurementRecord.id))
        .where(MeasurementRecord.state == MeasurementState.DONE)
        .group_by(MeasurementRecord.worker)
    )
    return _read(connection, MeasurementRecord.id.in_(latest))


def _read(connection: Connection, which: ColumnElement[bool]) -> list[MeasuredWorker]:
    rows = select(*columns(_Row, MeasurementRecord)).where(which).order_by(MeasurementRecord.id)
    return [_described(row) for row in read_rows(connection, _Row, rows)]


def _described(row: _Row) -> MeasuredWorker:
    found = None if row.found is None else measurement_in(row.found, f"measurement {row.id} of {row.worker}")
    took = None if row.began_at is None or row.ended_at is None else max(row.ended_at - row.began_at, 0.0)
    return MeasuredWorker(row.id, row.worker, row.state, row.reason, took, found)

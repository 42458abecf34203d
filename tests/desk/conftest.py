"""A desk's records on both kinds of database, with jobs and workers made by hand."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import insert, select

from dispatcher.desk.heartbeat import take_heartbeat
from dispatcher.desk.lookout import Lookout, Waiting
from dispatcher.desk.report import take_report
from dispatcher.desk.tick import tick
from dispatcher.feed.leasing import feed
from dispatcher.turns.turn import Followups, Turn
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord
from storage.records.states import AtomState, JobState
from storage.settings import Settings
from workers.wire.messages import AtomOutcome, ConversionOrder, Heartbeat, LeaseReport

RATE = 16_000
ATOM = 20 * RATE


@dataclass
class DeskModel:
    """The desk's decisions, with a clock that moves only when told."""

    database: Database
    settings: Settings = field(default_factory=Settings)
    now: float = 1_000.0
    lookout: Lookout = field(default_factory=Lookout)

    def job(self, atoms: int, **changes: Any) -> int:
        facts: dict[str, Any] = {
            "state": JobState.CONVERTING, "reason": "", "name": "talk.wav", "source_hash": "ab", "source_bytes": 1,
            "source_rate": RATE, "source_frames": atoms * ATOM, "allow_truncated": False, "voice": "through",
            "engine": "through", "engine_version": "1", "recipe": {"pace": 0.0}, "settings": {"seed": 0},
            "needs": ["through"], "priority": 5, "rate_in": RATE, "rate_voice": RATE, "context_samples": 0,
            "rate_out": RATE, "format": "wav", "seconds": atoms * 20.0, "atoms": atoms, "atoms_waiting": atoms,
            "seconds_split": atoms * 20.0, "seconds_waiting": atoms * 20.0, "submitted_at": self.now, **changes,
        }  # fmt: skip
        with self.database.writing() as connection:
            job_id = int(connection.execute(insert(JobRecord).values(**facts).returning(JobRecord.id)).scalar_one())
            rows = [
                {
                    "job_id": job_id, "number": n, "start": n * ATOM, "stop": (n + 1) * ATOM, "first": n * ATOM,
                    "last": (n + 1) * ATOM, "out_start": n * ATOM, "out_stop": (n + 1) * ATOM,
                    "state": AtomState.WAITING, "attempts": 0,
                }
                for n in range(atoms)
            ]  # fmt: skip
            connection.execute(insert(AtomRecord), rows)
        return job_id

    def beat(
        self, worker: str = "w1", holding: tuple[str, ...] = (), state: str | None = None, **facts: Any
    ) -> Followups:
        with self.writing() as turn:
            take_heartbeat(turn, self.heartbeat_of(worker, holding, state, **facts))
        return turn.followups

    def heartbeat_of(
        self, worker: str, holding: tuple[str, ...] = (), state: str | None = None, **facts: Any
    ) -> Heartbeat:
        said = state or ("busy" if holding else "ready")
        return Heartbeat(
            **{
                "incarnation": worker, "name": f"{worker}@host", "queue": "convert.cpu.x", "capability": "cpu",
                "device": "x", "offers": ("cpu", "through"), "engines": {"through": "1"}, "host": "host", "pid": 1,
                "state": said, "holding": holding, "memory_mb": 1.0, **facts,
            }
        )  # fmt: skip

    def report(
        self, order: ConversionOrder, *outcomes: str, worker: str = "w1", over: bool = True, first: int = 0
    ) -> Followups:
        told = tuple(
            AtomOutcome(
                atom.number, outcome, 20.0, error="it broke" if outcome == "failed" else None, busy=2.0, peak=0.5
            )
            for atom, outcome in zip(order.atoms[first:], outcomes, strict=False)
        )
        with self.writing() as turn:
            take_report(turn, LeaseReport(order.token, worker, told, over))
        return turn.followups

    def feed(self) -> list[ConversionOrder]:
        with self.database.deciding() as connection:
            turn = Turn(connection, self.now, self.settings)
            feed(turn)
        return [x.order for x in turn.followups.leases if isinstance(x.order, ConversionOrder)]

    def tick(self, seconds: float = 1.0, there: Iterable[str] | None = None, *, is_all: bool = True) -> Followups:
        """A tick of a desk that found messages about these leases in the broker, or could not look."""
        self.now += seconds
        self.lookout.see(None if there is None else Waiting(frozenset(there), is_all))
        with self.database.deciding() as connection:
            turn = Turn(connection, self.now, self.settings)
            tick(turn, self.lookout)
        return turn.followups

    @contextmanager
    def writing(self) -> Iterator[Turn]:
        """A turn whose followups are not acted upon."""
        with self.database.writing() as connection:
            yield Turn(connection, self.now, self.settings)

    def row(self, job_id: int) -> Any:
        with self.database.reading() as connection:
            return connection.execute(select(JobRecord).where(JobRecord.id == job_id)).one()

    def atom_states(self, job_id: int) -> list[str]:
        with self.database.reading() as connection:
            query = select(AtomRecord.state).where(AtomRecord.job_id == job_id).order_by(AtomRecord.number)
            return list(connection.execute(query).scalars())

    def lease_states(self) -> list[str]:
        with self.database.reading() as connection:
            return list(connection.execute(select(LeaseRecord.state).order_by(LeaseRecord.created_at)).scalars())


@pytest.fixture
def desk(migrated_url: str) -> Iterator[DeskModel]:
    database = Database(migrated_url)
    yield DeskModel(database)
    database.close()

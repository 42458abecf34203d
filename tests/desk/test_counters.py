"""Whatever happens, in any order, a job's counters agree with its atoms, and nothing is lost."""

import ast
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from dispatcher.jobs.loading import load_job
from dispatcher.kinds.conversion import MEND
from dispatcher.studio.split.mending import release_mended
from storage.records.schema import AtomRecord, JobRecord
from storage.settings import Settings
from tests.desk.conftest import DeskModel
from workers.wire.messages import ConversionOrder

ATOMS = 12
DISPATCHER = Path(__file__).parents[2] / "dispatcher"
#: The rooms that write rows.
WRITERS = ("desk", "feed", "jobs", "kinds", "studio", "turns")
#: The running counters in a job's row.
COUNTERS = frozenset(
    {"atoms", "atoms_waiting", "atoms_done", "atoms_damaged", "seconds_split", "seconds_waiting", "seconds_done"}
)


def counted(desk: DeskModel, job: int) -> dict[str, int]:
    with desk.database.reading() as connection:
        query = select(AtomRecord.state, func.count()).where(AtomRecord.job_id == job).group_by(AtomRecord.state)
        return {str(state): int(count) for state, count in connection.execute(query)}


class Chaos:
    """Workers that die, come back, and report late, twice or never, at random."""

    def __init__(self, desk: DeskModel, seed: int) -> None:
        self.desk = desk
        self.dice = random.Random(seed)
        self.out: list[tuple[ConversionOrder, str]] = []

    def happen(self) -> None:
        worker = self.dice.choice(["a", "b", "c"])
        chance = self.dice.random()
        if chance < 0.3:
            self.desk.beat(worker, holding=tuple(o.token for o, w in self.out[-2:] if w == worker))
        elif chance < 0.5:
            self.out += [(order, worker) for order in self.desk.feed()]
        elif chance < 0.8 and self.out:
            self.report(*self.dice.choice(self.out))
        elif chance < 0.85:
            self.desk.beat(worker, state="gone")
        else:
            there = [None, [o.token for o, _ in self.out[-3:]], []]
            self.desk.tick(self.dice.choice([0.5, 1.0, 4.0, 12.0]), there=self.dice.choice(there))

    def report(self, order: ConversionOrder, owner: str) -> None:
        kinds = ["done", "done", "cached", "failed", "away", "damaged", "unheard of"]
        ends = [self.dice.choice(kinds) for _ in order.atoms]
        told = ends[: self.dice.randint(0, len(ends))]
        self.desk.report(order, *told, worker=owner, over=self.dice.random() < 0.5)


def mend(desk: DeskModel, job: int) -> None:
    """Do what the studio does once it has cut the damaged atoms again."""
    with desk.writing() as turn:
        turn.connection.execute(update(JobRecord).where(JobRecord.id == job).values(claim="ours"))
        query = select(AtomRecord.number).where(AtomRecord.job_id == job, AtomRecord.state == "damaged")
        damaged = list(turn.connection.execute(query).scalars())
        release_mended(turn, load_job(desk.database, job), damaged, "ours")


def check(desk: DeskModel, job: int) -> bool:
    """Check that the counters agree, and say whether the job has reached its stitch."""
    states, row = counted(desk, job), desk.row(job)
    assert row.atoms_waiting == states.get("waiting", 0)
    assert row.atoms_done == states.get("done", 0)
    assert row.atoms_damaged == states.get("damaged", 0)
    assert row.seconds_waiting == pytest.approx(20.0 * row.atoms_waiting)
    return bool(row.state == "stitching")


@pytest.mark.parametrize("seed", range(4))
def test_a_farm_in_chaos_ends_the_job_and_never_miscounts(desk: DeskModel, seed: int) -> None:
    desk.settings = Settings(max_attempts=1_000)
    job = desk.job(atoms=ATOMS)
    desk.settings = Settings(max_attempts=1_000)
    chaos = Chaos(desk, seed)
    for _ in range(150):
        chaos.happen()
        if check(desk, job):
            return
    for _ in range(100):
        desk.beat("honest", holding=())
        for order in desk.feed():
            desk.report(order, *["done"] * len(order.atoms), worker="honest")
        for wanted in desk.tick(2.0, there=[]).asked_for(MEND):
            mend(desk, wanted)
        if check(desk, job):
            return
    raise AssertionError(f"the job never ended: {counted(desk, job)}")


def written(tree: ast.AST) -> Iterator[str]:
    """The columns that a file sets by name: `values(column=…)`, `JobRecord(column=…)` or `{"column": …}`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("values", "move", "JobRecord"):
                yield from (keyword.arg for keyword in node.keywords if keyword.arg)
        elif isinstance(node, ast.Dict):
            yield from (key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def test_counters_are_written_in_one_place() -> None:
    writers = {
        path.relative_to(DISPATCHER).as_posix()
        for room in WRITERS
        for path in (DISPATCHER / room).rglob("*.py")
        if COUNTERS.intersection(written(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert writers == {"jobs/counters.py"}


@pytest.mark.parametrize("text", ["update(X).values(atoms_done=1)", "JobRecord(atoms=3)", 'x = {"atoms_waiting": 2}'])
def test_a_counter_that_is_written_elsewhere_is_found(text: str) -> None:
    assert COUNTERS.intersection(written(ast.parse(text)))

"""Whatever happens in whatever order, a job's counters agree with its atoms, and nothing is lost."""

import random

import pytest
from sqlalchemy import func, select

from storage.records.schema import AtomRecord
from tests.desk.conftest import DeskModel
from workers.messages import LeaseOrder

ATOMS = 12


def counted(desk: DeskModel, job: int) -> dict[str, int]:
    with desk.database.reading() as connection:
        query = select(AtomRecord.state, func.count()).where(AtomRecord.job_id == job).group_by(AtomRecord.state)
        return {str(state): int(count) for state, count in connection.execute(query)}


@pytest.mark.parametrize("seed", range(4))
def test_a_farm_in_chaos_ends_the_job_and_never_miscounts(desk: DeskModel, seed: int) -> None:
    """Workers die, come back, report late, twice or never; still every atom is done exactly once."""
    dice = random.Random(seed)
    desk.settings = desk.settings.__class__(max_attempts=1_000)
    job = desk.job(atoms=ATOMS)
    out: list[tuple[LeaseOrder, str]] = []
    for step in range(150):
        worker = dice.choice(["a", "b", "c"])
        happening = dice.random()
        if happening < 0.3:
            desk.beat(worker, holding=tuple(o.token for o, w in out[-2:] if w == worker))
        elif happening < 0.5:
            out += [(order, worker) for order in desk.feed()]
        elif happening < 0.8 and out:
            order, owner = dice.choice(out)
            ends = [dice.choice(["done", "done", "cached", "failed"]) for _ in order.atoms]
            desk.report(order, *ends[: dice.randint(0, len(ends))], worker=owner, over=dice.random() < 0.5)
        elif happening < 0.85:
            desk.beat(worker, state="gone")
        else:
            desk.tick(dice.choice([0.5, 1.0, 4.0, 12.0]))
        states, row = counted(desk, job), desk.row(job)
        assert row.atoms_waiting == states.get("waiting", 0), f"after step {step}"
        assert row.atoms_done == states.get("done", 0), f"after step {step}"
        assert row.seconds_waiting == pytest.approx(20.0 * row.atoms_waiting)
        if row.state == "stitching":
            return
    for step in range(200):
        desk.beat("honest", holding=())
        for order in desk.feed():
            desk.report(order, *["done"] * len(order.atoms), worker="honest")
        desk.tick(2.0)
        if desk.row(job).state == "stitching":
            return
    raise AssertionError(f"the job never ended: {counted(desk, job)}")

"""Whenever the clock is set, forwards or back, nothing hangs and nobody is blamed."""

import pytest
from sqlalchemy import update

from dispatcher.kinds.conversion import SPLIT, STITCH
from storage.records.schema import JobRecord
from tests.desk.conftest import DeskModel

TEN_MINUTES = 600.0


@pytest.mark.parametrize("beats_before_tick", [True, False])
def test_a_worker_that_dies_while_the_clock_is_wrong_is_missed_soon_after(
    desk: DeskModel, beats_before_tick: bool
) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    desk.beat(holding=(order.token,))
    desk.tick()
    desk.now += TEN_MINUTES
    if beats_before_tick:
        desk.beat(holding=(order.token,))
    desk.tick()
    desk.beat(holding=(order.token,))
    desk.now -= TEN_MINUTES
    for _ in range(9):
        desk.tick()
    assert desk.atom_states(job) == ["leased"]
    for _ in range(4):
        desk.tick()
    assert desk.atom_states(job) == ["waiting"]


@pytest.mark.parametrize("way", [TEN_MINUTES, -TEN_MINUTES])
def test_a_living_worker_is_not_taken_for_dead_when_the_clock_is_set(desk: DeskModel, way: float) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    (order,) = desk.feed()
    for _ in range(3):
        desk.beat(holding=(order.token,))
        desk.tick()
    for jump in (way, -way):
        desk.now += jump
        for _ in range(5):
            desk.tick()
            desk.beat(holding=(order.token,))
    assert desk.atom_states(job) == ["leased"]


def test_a_message_lost_while_the_clock_was_wrong_is_noticed_afterwards(desk: DeskModel) -> None:
    job = desk.job(atoms=1)
    desk.beat()
    desk.feed()
    desk.now += TEN_MINUTES
    desk.beat()
    desk.tick(there=[])
    desk.now -= TEN_MINUTES
    for _ in range(7):
        desk.beat()
        desk.tick(there=[])
    assert desk.atom_states(job) == ["waiting"]


def test_a_claim_survives_a_time_without_the_database(desk: DeskModel) -> None:
    job = desk.job(atoms=1, state="splitting", claim="alive", claim_until=desk.now + 8.0)
    desk.tick()
    assert desk.tick(60.0).asked_for(SPLIT) == []
    assert desk.row(job).claim == "alive"


def test_a_claim_taken_while_the_clock_was_wrong_runs_out_soon_after(desk: DeskModel) -> None:
    job = desk.job(atoms=1, state="stitching", atoms_done=1)
    desk.tick()
    values = {"claim": "dead", "claim_until": desk.now + TEN_MINUTES, "not_before": desk.now + TEN_MINUTES}
    with desk.database.writing() as connection:
        connection.execute(update(JobRecord).where(JobRecord.id == job).values(**values))
    asked = [found for _ in range(75) for found in desk.tick(there=[]).asked_for(STITCH)]
    assert asked[0] == job

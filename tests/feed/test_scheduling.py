"""The real planner over whole simulated farms: how close to the ideal it comes, and what a death costs."""

import statistics

import pytest

from dispatcher.feed.views import Rules
from testing.farm_model import LOST_AFTER, FarmModel

MIXED = (60.0, 15.0, 15.0, 6.0, 6.0, 6.0, 6.0)
ONE_FAST = (100.0, *[10.0] * 9)
BIG = (100.0, 100.0, 30.0, 30.0, 10.0, 10.0, 10.0, 10.0)
SEEDS = range(5)
HOUR = 3600.0


def makespans(fleet: tuple[float, ...], hours: float) -> list[float]:
    found = []
    for seed in SEEDS:
        model = FarmModel(fleet, seed)
        model.submit(hours * HOUR)
        found.append(model.run())
    return found


@pytest.mark.parametrize(("hours", "limit"), [(1.0, 1.12), (10.0, 1.05)])
@pytest.mark.parametrize("fleet", [MIXED, ONE_FAST], ids=["mixed", "one fast"])
def test_a_job_takes_little_longer_than_ideal_though_no_speed_is_known(
    fleet: tuple[float, ...], hours: float, limit: float
) -> None:
    ideal = hours * HOUR / sum(fleet)
    assert statistics.mean(makespans(fleet, hours)) / ideal <= limit


@pytest.mark.parametrize("hours", [1.0, 10.0])
@pytest.mark.parametrize("fleet", [MIXED, ONE_FAST, BIG], ids=["mixed", "one fast", "big"])
def test_the_overrun_is_at_most_eight_seconds(fleet: tuple[float, ...], hours: float) -> None:
    ideal = hours * HOUR / sum(fleet)
    assert max(makespans(fleet, hours)) - ideal <= 8.0


@pytest.mark.parametrize("hours", [1.0, 10.0])
@pytest.mark.parametrize("fleet", [MIXED, ONE_FAST, BIG], ids=["mixed", "one fast", "big"])
def test_the_death_of_the_fastest_costs_at_most_fifteen_seconds(fleet: tuple[float, ...], hours: float) -> None:
    """Measured against the best that the other machines could still reach after the death."""
    dies_at = hours * HOUR / sum(fleet) / 2.0
    ideal = dies_at + (hours * HOUR / 2.0) / (sum(fleet) - fleet[0])
    for seed in SEEDS:
        model = FarmModel(fleet, seed)
        model.submit(hours * HOUR)
        model.kill(model.machines[0], dies_at)
        assert model.run() - ideal <= 15.0


@pytest.mark.parametrize("fleet", [MIXED, ONE_FAST, BIG], ids=["mixed", "one fast", "big"])
def test_a_short_job_behind_a_long_one_starts_within_two_leases(fleet: tuple[float, ...]) -> None:
    rules = Rules()
    for seed in SEEDS:
        model = FarmModel(fleet, seed)
        model.submit(10 * HOUR)
        short = model.submit(60.0, at=60.0)
        model.run()
        assert short.first_done_at is not None
        assert short.first_done_at - 60.0 <= 2 * (rules.longest_lease + rules.lease_overhead)


def test_a_machine_that_stalls_does_not_hold_up_the_job() -> None:
    model = FarmModel(MIXED, seed=3)
    job = model.submit(HOUR)
    model.kill(model.machines[3], at=25.0)
    assert model.run() <= HOUR / sum(MIXED) + LOST_AFTER + 5.0
    assert len(job.done) == len(job.atoms)

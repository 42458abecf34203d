"""Both kinds of farm under a fixed plan of mixed faults: nothing is lost, nothing is left, the bytes are the same."""

import pytest

from tests.chaos.driver import Driver
from tests.chaos.faults import possible_kinds
from tests.chaos.plan import derive_round
from tests.chaos.standing import StandingFarm, processes_of
from tests.chaos.work import Made, Work

pytestmark = pytest.mark.timeout(240)

SEED, FAULTS, EVERY = 9, 12, 1.0


def test_a_farm_comes_out_of_mixed_faults_as_if_nothing_had_been(
    farm: StandingFarm, work: Work, undisturbed: dict[Made, str]
) -> None:
    kinds, _ = possible_kinds(farm)
    outcome = Driver(farm, work, undisturbed).run(
        derive_round(SEED, 0, farm.ground.kind, kinds, faults=FAULTS, every=EVERY)
    )
    assert not outcome.wrong, "\n".join([*outcome.wrong, *map(str, outcome.suffered), farm.logs()])
    assert outcome.jobs >= 3
    farm.stop()
    assert not processes_of(farm.settings)

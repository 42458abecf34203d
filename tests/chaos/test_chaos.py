"""Both kinds of farm under a fixed plan of mixed faults: nothing is lost or left behind, and the bytes are the same."""

import pytest
from sqlalchemy import update

from storage.records.schema import LeaseRecord
from testing.chaos.checks import unsettled
from testing.chaos.driver import Driver
from testing.chaos.faults import possible_kinds
from testing.chaos.plan import derive_round
from testing.chaos.results import wrong_results
from testing.chaos.standing import StandingFarm, processes_of
from testing.chaos.work import Made, Work

pytestmark = pytest.mark.timeout(400)

SEED, FAULTS, EVERY = 952, 12, 0.7


def test_a_farm_survives_mixed_faults_as_if_nothing_had_happened(
    farm: StandingFarm, work: Work, undisturbed: dict[Made, str]
) -> None:
    round_ = derive_round(SEED, 0, farm.ground.kind, possible_kinds(farm)[0], faults=FAULTS, every=EVERY)
    outcome = Driver(farm, work, undisturbed).run(round_)
    assert not outcome.wrong, "\n".join([*outcome.wrong, *map(str, outcome.suffered), farm.logs()])
    assert outcome.jobs >= 3
    assert len(outcome.suffered) == FAULTS
    farm.stop()
    assert not processes_of(farm.settings)
    assert_that_it_could_have_failed(farm, undisturbed)


def assert_that_it_could_have_failed(farm: StandingFarm, undisturbed: dict[Made, str]) -> None:
    """Repeats the checks on the same farm once something is wrong with it: they must fail."""
    changed = dict.fromkeys(undisturbed, "what nobody has made")
    assert "different bytes" in "".join(wrong_results(farm.database, farm.store, changed))
    with farm.database.writing() as connection:
        connection.execute(update(LeaseRecord).values(state="queued"))
    assert "is queued" in "".join(unsettled(farm))

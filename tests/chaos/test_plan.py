"""A plan depends on its seed alone, and covers every kind of fault."""

from testing.chaos.kinds import EMBEDDED, SERVERS, Kind, kinds_of
from testing.chaos.plan import LONG_LONGEST, SHORTEST, derive_plan, derive_round

ALL = kinds_of(SERVERS)


def test_the_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    one, same, other = (
        derive_plan(seed, SERVERS, ALL, faults=100, every=1.5, per_round=25) for seed in (7, 7, 8)
    )  # fmt: skip
    assert one == same
    assert one != other


def test_a_round_of_a_plan_does_not_need_the_rounds_before_it() -> None:
    plan = derive_plan(7, SERVERS, ALL, faults=100, every=1.5, per_round=25)
    assert derive_round(7, 2, SERVERS, ALL, faults=25, every=1.5, first=50) == plan[2]


def test_every_fault_has_its_own_number_and_rounds_stay_within_their_limit() -> None:
    plan = derive_plan(3, EMBEDDED, kinds_of(EMBEDDED), faults=103, every=2.0, per_round=25)
    assert sorted(fault.number for round_ in plan for fault in round_.faults) == list(range(103))
    assert [len(round_.faults) for round_ in plan] == [25, 25, 25, 25, 3]


def test_every_kind_comes_up_before_any_is_repeated_often() -> None:
    faults = derive_round(5, 0, SERVERS, ALL, faults=len(ALL) + 4, every=1.0).faults
    assert {fault.kind for fault in faults} == set(ALL)


def test_faults_come_in_order_at_about_the_given_pace_and_last_no_longer_than_allowed() -> None:
    faults = derive_round(5, 1, SERVERS, ALL, faults=60, every=2.0).faults
    assert [fault.at for fault in faults] == sorted(fault.at for fault in faults)
    assert faults[0].at >= 0.0
    assert faults[-1].at < 60 * 2.0 + 2.0
    assert all(fault.seconds == 0.0 or SHORTEST <= fault.seconds <= LONG_LONGEST for fault in faults)


def test_an_embedded_farm_gets_no_fault_that_needs_a_server() -> None:
    assert Kind.DATABASE_RESTARTED not in kinds_of(EMBEDDED)
    assert Kind.STORE_500 not in kinds_of(EMBEDDED)
    assert Kind.OBJECTS_FULL in kinds_of(EMBEDDED)

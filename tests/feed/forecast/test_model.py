"""A simulated farm does what can be worked out by hand, and keeps the laws that every farm keeps."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.feed.forecast.work import Work, one_by_one
from dispatcher.feed.views import ClassView, LeaseView
from tests.feed.forecast.farms import ENGINE, HOUR, RULES, TAG, classes, farm_with, work

OVERHEAD = RULES.lease_overhead


def makespan(works: list[Work], farm: list[ClassView]) -> float:
    return farm_with(one_by_one(works), farm).run()


def with_leases(farm_class: ClassView, *leases: LeaseView) -> ClassView:
    return replace(farm_class, leases=leases)


def lease(token: str, atoms: int, running_for: float | None, silent_for: float = 0.0) -> LeaseView:
    return LeaseView(token, 99, ENGINE, TAG, atoms, 20.0 * atoms, running_for, silent_for)


def test_one_atom_takes_the_overhead_of_a_lease_and_its_length_by_the_speed() -> None:
    assert makespan([work(20.0)], classes((10.0,))) == pytest.approx(OVERHEAD + 2.0)


def test_equal_machines_take_an_atom_each() -> None:
    assert makespan([work(60.0, atoms=3)], classes((10.0, 10.0, 10.0))) == pytest.approx(OVERHEAD + 2.0)


def test_a_machine_twice_as_fast_takes_twice_as_much() -> None:
    assert makespan([work(60.0, atoms=3)], classes((20.0, 10.0))) == pytest.approx(2.0 + OVERHEAD, abs=OVERHEAD + 1e-6)


def test_one_machine_works_through_with_the_overhead_of_each_lease() -> None:
    model = farm_with(one_by_one([work(HOUR)]), classes((30.0,)))
    assert model.run() == pytest.approx(120.0 + OVERHEAD * model.leases_sent)
    assert model.busy_seconds("convert.30") == pytest.approx(120.0)


def test_short_recordings_travel_together() -> None:
    short = [work(4.0) for _ in range(60)]
    assert farm_with(one_by_one(short), classes((10.0,), together=1)).run() == pytest.approx(24.0 + 60 * OVERHEAD)
    bundled = farm_with(one_by_one(short), classes((10.0,)))
    assert bundled.run() == pytest.approx(24.0 + bundled.leases_sent * OVERHEAD)
    assert bundled.leases_sent <= 6


def test_work_waits_for_what_is_in_hand() -> None:
    """Four atoms of two seconds each, the first half done: seven seconds; what waits in the queue takes two more."""
    (one,) = classes((10.0,))
    busy = with_leases(one, lease("now", 4, running_for=3.0, silent_for=1.0))
    assert makespan([work(20.0)], [busy]) == pytest.approx(7.0 + OVERHEAD + 2.0)
    full = with_leases(one, *busy.leases, lease("next", 1, running_for=None))
    assert makespan([work(20.0)], [full]) == pytest.approx(7.0 + 2 * (OVERHEAD + 2.0))


def test_urgent_work_waits_only_for_the_lease_in_hand() -> None:
    (one,) = classes((10.0,))
    full = with_leases(one, lease("now", 4, running_for=3.0, silent_for=1.0), lease("next", 5, running_for=None))
    assert makespan([work(20.0, priority=0)], [full]) == pytest.approx(7.0 + OVERHEAD + 2.0)


def test_an_idle_machine_helps_out_with_what_was_found_in_another_queue() -> None:
    slow, fast = classes((1.0, 40.0))
    found = with_leases(slow, lease("late", 8, running_for=0.0))
    model = farm_with(one_by_one([work(1.0), work(1.0, at=9.0)]), [found, fast])
    model.run()
    assert model.leases_sent == 3


def test_what_nobody_can_do_never_ends() -> None:
    assert makespan([replace(work(20.0), needs=TAG | {"cuda"})], classes((10.0,))) == float("inf")


def test_what_is_less_urgent_does_not_hold_work_up() -> None:
    ours, later = work(HOUR / 4), work(10 * HOUR, priority=8, is_ours=False)
    farm = classes((30.0, 10.0))
    model = farm_with(one_by_one([ours, later]), farm)
    assert model.run(model.jobs[:1]) <= makespan([ours], farm) + RULES.longest_lease


FLEETS = st.lists(st.sampled_from([1.0, 5.0, 8.0, 20.0, 60.0]), min_size=1, max_size=6)
LENGTHS = st.lists(st.floats(1.0, 1200.0), min_size=1, max_size=12)
#: The longest lease, an atom that is still in hand on the slowest machine, and what sending both takes.
A_LEASE = RULES.longest_lease + 30.0 + 2 * OVERHEAD


@settings(max_examples=60)
@given(fleet=FLEETS, lengths=LENGTHS, more=st.sampled_from([1.0, 8.0, 60.0]))
def test_one_more_machine_never_ends_later_by_more_than_a_lease(
    fleet: list[float], lengths: list[float], more: float
) -> None:
    works = [work(seconds) for seconds in lengths]
    assert makespan(works, classes((*fleet, more))) <= makespan(works, classes(fleet)) + A_LEASE


@settings(max_examples=60)
@given(fleet=FLEETS, lengths=LENGTHS, more=st.floats(1.0, 1200.0))
def test_more_sound_never_ends_sooner_by_more_than_a_lease(
    fleet: list[float], lengths: list[float], more: float
) -> None:
    works = [work(seconds) for seconds in lengths]
    assert makespan([*works, work(more)], classes(fleet)) >= makespan(works, classes(fleet)) - A_LEASE


@settings(max_examples=60)
@given(fleet=FLEETS, lengths=LENGTHS)
def test_no_farm_is_faster_than_all_of_its_machines_or_idles_while_there_is_work(
    fleet: list[float], lengths: list[float]
) -> None:
    took = makespan([work(seconds) for seconds in lengths], classes(fleet))
    ideal = sum(lengths) / sum(fleet)
    model = farm_with(one_by_one([work(seconds) for seconds in lengths]), classes(fleet))
    assert model.run() == took, "the same farm has the same forecast"
    # The clock adds up in steps, which may lose a last digit.
    assert ideal + OVERHEAD <= took + 1e-9
    assert took <= sum(lengths) / max(fleet) + model.leases_sent * OVERHEAD + A_LEASE

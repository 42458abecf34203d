"""What the planner decides in small, single situations."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.feed.plan import plan
from dispatcher.feed.views import ClassView, JobView, LeaseView, Rules

RULES = Rules()
ANY = frozenset({"world"})


def machines(queue: str, speed: float | None, slots: int = 1, leases: tuple[LeaseView, ...] = ()) -> ClassView:
    return ClassView(queue, ANY | {queue}, slots, {} if speed is None else {"world": speed}, leases)


def job(number: int = 1, atoms: int = 100, **changes: object) -> JobView:
    facts: dict[str, object] = {
        "job_id": number, "engine": "world", "needs": ANY, "priority": 5, "submitted_at": float(number),
        "last_leased_at": 0.0, "atoms_waiting": atoms, "seconds_waiting": 20.0 * atoms,
    }  # fmt: skip
    return JobView(**{**facts, **changes})  # type: ignore[arg-type]


def lease(token: str, atoms: int, running_for: float | None, silent_for: float = 0.0) -> LeaseView:
    return LeaseView(token, 1, "world", ANY, atoms, 20.0 * atoms, running_for, silent_for)


def test_an_unmeasured_machine_gets_one_atom_and_nothing_waiting() -> None:
    grants, _ = plan([machines("new", None)], [job()], RULES)
    assert [(g.queue, g.seconds) for g in grants] == [("new", 20.0)]


def test_a_measured_machine_gets_one_lease_to_run_and_one_waiting() -> None:
    grants, _ = plan([machines("fast", 50.0)], [job(atoms=1000)], RULES)
    assert [g.queue for g in grants] == ["fast", "fast"]
    assert all(g.seconds <= 50.0 * RULES.longest_lease + 20.0 for g in grants)


def test_leases_are_sized_by_each_machines_own_speed() -> None:
    grants, _ = plan([machines("fast", 60.0), machines("slow", 6.0)], [job(atoms=2000)], RULES)
    first = {g.queue: g.seconds for g in reversed(grants)}
    assert 8.0 <= first["fast"] / first["slow"] <= 12.0


def test_a_slow_machine_gets_no_atom_that_fast_ones_would_finish_sooner() -> None:
    grants, _ = plan([machines("fast", 100.0), machines("slow", 1.0)], [job(atoms=2)], RULES)
    assert {g.queue for g in grants} == {"fast"}


def test_equal_machines_share_the_last_atoms() -> None:
    grants, _ = plan([machines("same", 10.0, slots=3)], [job(atoms=3)], RULES)
    assert [g.seconds for g in grants] == [20.0, 20.0, 20.0]


def test_nothing_goes_to_machines_that_do_not_offer_what_is_needed() -> None:
    assert plan([machines("plain", 10.0)], [job(needs=ANY | {"cuda"})], RULES) == ([], [])


def test_the_more_urgent_job_goes_first() -> None:
    grants, _ = plan([machines("one", None)], [job(1), job(2, priority=0)], RULES)
    assert [g.job_id for g in grants] == [2]


def test_the_oldest_and_the_shortest_job_take_turns() -> None:
    jobs = [job(1, last_leased_at=10.0), job(2, atoms=500), job(3, atoms=2, last_leased_at=5.0)]
    grants, _ = plan([machines("same", 10.0, slots=2)], jobs, RULES)
    assert [g.job_id for g in grants[:2]] == [3, 1]


def test_a_long_job_that_is_older_does_not_keep_short_ones_from_travelling_together() -> None:
    bundling = replace(machines("bundles", 10.0), most_leases=128)
    long = job(1, atoms=500, last_leased_at=9.0)
    short = [job(number, atoms=1, seconds_waiting=4.0) for number in range(2, 50)]
    grants, _ = plan([bundling], [long, *short], RULES)
    assert [len(g.also) for g in grants if g.job_id != 1] == [37]


@pytest.mark.parametrize(("in_hand", "next_one"), [(7, 1), (1, 2)], ids=["a short one", "the long one"])
def test_a_crowd_of_short_jobs_and_a_long_one_that_is_older_take_turns(in_hand: int, next_one: int) -> None:
    """Although none of the short ones was ever served, and the long one was."""
    held = replace(lease("held", 1, running_for=1.0), job_id=in_hand)
    long = job(1, atoms=500, last_leased_at=9.0)
    short = [job(number, atoms=1, seconds_waiting=4.0) for number in range(2, 7)]
    grants, _ = plan([machines("one", 10.0, leases=(held,))], [long, *short], RULES)
    assert [g.job_id for g in grants] == [next_one]


def test_an_idle_machine_gets_a_copy_of_what_would_finish_last() -> None:
    slow = machines("slow", 1.0, leases=(lease("late", 4, running_for=1.0),))
    _, copies = plan([machines("fast", 50.0), slow], [], RULES)
    assert [(c.queue, c.token) for c in copies] == [("fast", "late")]
    assert 1 <= copies[0].atoms <= 4


def test_no_machine_copies_what_its_owner_would_finish_sooner() -> None:
    fast = machines("fast", 50.0, leases=(lease("soon", 2, running_for=0.1),))
    assert plan([machines("slow", 1.0), fast], [], RULES)[1] == []


def test_a_lease_that_fell_silent_is_copied_whole() -> None:
    stuck = machines("stuck", 50.0, leases=(lease("silent", 3, running_for=60.0, silent_for=30.0),))
    _, copies = plan([machines("slow", 5.0), stuck], [], RULES)
    assert [(c.token, c.atoms) for c in copies] == [("silent", 3)]


@given(
    fleet=st.lists(
        st.tuples(st.sampled_from([None, 0.5, 3.0, 7.0, 10.0, 60.0]), st.integers(1, 3)), min_size=1, max_size=5
    ),
    atoms=st.integers(1, 40),
    length=st.floats(0.1, 30.0),
)
def test_an_idle_farm_never_leaves_work_undone(
    fleet: list[tuple[float | None, int]], atoms: int, length: float
) -> None:
    """Whichever machine would finish an atom first takes it: machines never leave an atom to one another."""
    classes = [machines(f"q{n}", speed, slots) for n, (speed, slots) in enumerate(fleet)]
    grants, _ = plan(classes, [job(atoms=atoms, seconds_waiting=length * atoms)], RULES)
    assert grants

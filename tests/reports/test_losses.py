from dispatcher.jobs.copies import find_copies
from dispatcher.jobs.totals import add_up, add_up_leases
from dispatcher.reports.losses import Failure, sum_losses
from tests.reports.rows import attempt, lease


def test_a_lease_on_atoms_that_another_lease_still_held_is_a_copy() -> None:
    original = lease("a", 0, 3, created_at=1000.0, ended_at=1010.0)
    copy = lease("b", 3, 3, created_at=1005.0, ended_at=1008.0)
    assert find_copies([copy, original], []) == {"b"}


def test_a_lease_on_atoms_that_came_back_is_not_a_copy() -> None:
    lost = lease("a", 0, 1, state="lost", created_at=1000.0, ended_at=1010.0)
    assert find_copies([lost, lease("b", 0, 1, created_at=1010.0)], []) == set()
    alive = lease("a", 0, 3, created_at=1000.0, ended_at=1020.0)
    failed = attempt(1, "a", "one", "failed", ended_at=1004.0)
    assert find_copies([alive, lease("b", 1, 1, created_at=1005.0)], [failed]) == set()
    assert find_copies([alive, lease("b", 1, 2, created_at=1005.0)], [failed]) == {"b"}


def test_a_lease_still_marked_as_a_copy_is_known_as_one() -> None:
    assert find_copies([lease("b", 5, 5, copy_of="a")], []) == {"b"}


def test_losses_are_added_up() -> None:
    leases = [
        lease("a", 0, 3, created_at=1000.0, ended_at=1010.0),
        lease("b", 3, 3, created_at=1005.0),
        lease("c", 2, 2, created_at=1006.0),
        lease("d", 4, 4, state="lost", created_at=1000.0),
        lease("e", 5, 5, state="dropped", created_at=1000.0),
    ]
    attempts = [
        attempt(3, "b", "two"),
        attempt(3, "a", "one", "late", busy=1.5),
        attempt(2, "a", "one"),
        attempt(2, "c", "two", "late", busy=0.5),
        attempt(0, "a", "one", "failed", error="no room", busy=0.25),
        attempt(1, "a", "two", "failed", error="no room", busy=0.25),
        attempt(1, "a", "two", "failed", busy=0.5),
    ]
    losses = sum_losses(add_up(attempts), add_up_leases(leases, attempts))
    assert losses.failures == (Failure("no room", 2, ("one", "two")), Failure("no reason given", 1, ("two",)))
    assert (losses.leases, losses.leases_lost, losses.leases_dropped) == (5, 1, 1)
    assert (losses.copies, losses.copies_won) == (2, 1)
    assert losses.busy_seconds == 3.0

"""Which leases of a job were copies of others."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from storage.records.schema import AttemptRecord, LeaseRecord
from storage.records.states import Outcome


def find_copies(leases: Sequence[LeaseRecord], attempts: Iterable[AttemptRecord]) -> set[str]:
    """Tokens of the leases that were copies.

    `copy_of` is forgotten once the original ends, so they are known by what they share: an atom that an older lease,
    not yet over, had not failed. Atoms that it had failed were free to be handed out again.
    """
    failed = {(a.token, a.number): a.ended_at for a in attempts if a.outcome == Outcome.FAILED}
    earlier: dict[int, list[LeaseRecord]] = defaultdict(list)
    copies: set[str] = set()
    for lease in sorted(leases, key=lambda each: each.created_at):
        numbers = range(lease.first_number, lease.last_number + 1)
        if lease.copy_of or any(_held(o, n, lease.created_at, failed) for n in numbers for o in earlier[n]):
            copies.add(lease.token)
        for number in numbers:
            earlier[number].append(lease)
    return copies


def _held(lease: LeaseRecord, number: int, moment: float, failed: dict[tuple[str, int], float]) -> bool:
    """Whether a lease had an atom in hand at a moment."""
    over = lease.ended_at is not None and lease.ended_at <= moment
    given_back = failed.get((lease.token, number), moment + 1.0) <= moment
    return not over and not given_back

"""What was done in vain, or went wrong on the way."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.records.schema import AttemptRecord, LeaseRecord
from storage.records.states import LeaseState


def find_copies(leases: Sequence[LeaseRecord], attempts: Iterable[AttemptRecord]) -> set[str]:
    """Tokens of the leases that were copies.

    `copy_of` is forgotten once the original ends, so they are known by what they share: an atom that an older lease,
    not yet over, had not failed. Atoms that it had failed were free to be handed out again.
    """
    failed = {(a.token, a.number): a.ended_at for a in attempts if a.outcome == "failed"}
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


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason for which attempts failed."""

    error: str
    attempts: int
    workers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Losses:
    """All of a job's losses."""

    failures: tuple[Failure, ...]
    leases: int
    leases_lost: int
    leases_dropped: int
    copies: int
    copies_won: int
    """Copies that finished at least one atom before the original did."""
    busy_seconds: float
    """Work on attempts that failed or came late."""


def sum_losses(attempts: Sequence[AttemptRecord], leases: Sequence[LeaseRecord]) -> Losses:
    """Gather what a job lost."""
    states = Counter(lease.state for lease in leases)
    copies = find_copies(leases, attempts)
    winners = {a.token for a in attempts if a.outcome in {"done", "cached"}}
    return Losses(
        failures=_failures([a for a in attempts if a.outcome == "failed"]),
        leases=len(leases),
        leases_lost=states[LeaseState.LOST],
        leases_dropped=states[LeaseState.DROPPED],
        copies=len(copies),
        copies_won=len(copies & winners),
        busy_seconds=sum(a.busy for a in attempts if a.outcome in {"failed", "late"}),
    )


def _failures(failed: Sequence[AttemptRecord]) -> tuple[Failure, ...]:
    """The reasons, the most frequent first."""
    reasons = Counter(a.error or "no reason given" for a in failed)
    return tuple(
        Failure(error, count, tuple(sorted({a.worker for a in failed if (a.error or "no reason given") == error})))
        for error, count in reasons.most_common()
    )

"""What was done in vain, or went wrong on the way."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dispatcher.reports.copies import find_copies
from storage.records.schema import AttemptRecord, LeaseRecord
from storage.records.states import LeaseState


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

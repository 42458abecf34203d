"""What was done in vain, or went wrong on the way."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dispatcher.jobs.totals import AttemptTotal, LeaseTotals
from storage.records.states import Outcome


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


def sum_losses(totals: Sequence[AttemptTotal], leases: LeaseTotals) -> Losses:
    """Gather what a job lost."""
    return Losses(
        failures=_failures([t for t in totals if t.outcome == Outcome.FAILED]),
        leases=leases.leases,
        leases_lost=leases.leases_lost,
        leases_dropped=leases.leases_dropped,
        copies=leases.copies,
        copies_won=leases.copies_won,
        busy_seconds=sum(t.busy for t in totals if t.outcome in {Outcome.FAILED, Outcome.LATE}),
    )


def _failures(failed: Sequence[AttemptTotal]) -> tuple[Failure, ...]:
    """The reasons, the most frequent first."""
    reasons: Counter[str] = Counter()
    workers: dict[str, set[str]] = defaultdict(set)
    for total in failed:
        reason = total.error or "no reason given"
        reasons[reason] += total.attempts
        workers[reason].add(total.worker)
    return tuple(Failure(reason, count, tuple(sorted(workers[reason]))) for reason, count in reasons.most_common())

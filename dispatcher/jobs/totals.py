"""What a job's attempts and leases come to: all that reports tell of them, also when their own rows are gone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from dispatcher.jobs.copies import find_copies
from storage.records.column_values import seconds_in
from storage.records.schema import AttemptRecord, JobRecord, LeaseRecord
from storage.records.states import GOOD, LeaseState, Outcome

#: Seconds of attempts that are added up at the most: reports of a period that begins long ago are as exact as this.
HOUR = 3600.0


class AttemptTotal(NamedTuple):
    """The attempts of a job that were alike, named as the columns of `attempt_totals`."""

    job_id: int
    worker: str
    incarnation: str
    capability: str
    device: str
    engine: str
    outcome: str
    error: str | None
    attempts: int
    audio_seconds: float
    queue_wait: float
    fetch: float
    decode: float
    convert: float
    stages: Mapping[str, Any]
    encode: float
    store: float
    busy: float
    peak_memory_mb: float
    ended_at: float


@dataclass(frozen=True, slots=True)
class LeaseTotals:
    """A job's leases, named as the columns of its row in which they stay."""

    leases: int
    leases_lost: int
    leases_dropped: int
    copies: int
    copies_won: int
    """Copies that finished at least one atom before the original did."""

    @classmethod
    def kept_by(cls, job: JobRecord) -> Self:
        """What the row of a job says that is rolled up."""
        return cls(job.leases, job.leases_lost, job.leases_dropped, job.copies, job.copies_won)


def add_up(attempts: Sequence[AttemptRecord]) -> list[AttemptTotal]:
    """Add up the attempts of a job, or of several, that ended in the same way, at the same place, in the same hour.

    The totals are in the order of the first attempt of each.
    """
    alike: dict[tuple[object, ...], list[AttemptRecord]] = defaultdict(list)
    for attempt in attempts:
        alike[_likeness(attempt)].append(attempt)
    # Every atom carries the wait of its lease, which is to be counted once.
    waits: dict[tuple[object, ...], float] = defaultdict(float)
    for attempt in {a.token: a for a in attempts}.values():
        waits[_likeness(attempt)] += attempt.queue_wait
    return [_total(group, waits[likeness]) for likeness, group in alike.items()]


def add_up_leases(leases: Sequence[LeaseRecord], attempts: Sequence[AttemptRecord]) -> LeaseTotals:
    """Add up the leases of one job."""
    states = Counter(lease.state for lease in leases)
    copies = find_copies(leases, attempts)
    winners = {a.token for a in attempts if a.outcome in GOOD}
    return LeaseTotals(
        leases=len(leases),
        leases_lost=states[LeaseState.LOST],
        leases_dropped=states[LeaseState.DROPPED],
        copies=len(copies),
        copies_won=len(copies & winners),
    )


def _likeness(a: AttemptRecord) -> tuple[object, ...]:
    hour = int(a.ended_at // HOUR)
    return a.job_id, a.worker, a.incarnation, a.capability, a.device, a.engine, a.outcome, _reason(a), hour


def _reason(attempt: AttemptRecord) -> str | None:
    """Reports give the reasons of failures only."""
    return attempt.error if attempt.outcome == Outcome.FAILED else None


def _total(alike: Sequence[AttemptRecord], queue_wait: float) -> AttemptTotal:
    one = alike[0]
    return AttemptTotal(
        one.job_id, one.worker, one.incarnation, one.capability, one.device, one.engine, one.outcome, _reason(one),
        attempts=len(alike),
        audio_seconds=sum(a.audio_seconds for a in alike),
        queue_wait=queue_wait,
        fetch=sum(a.fetch for a in alike),
        decode=sum(a.decode for a in alike),
        convert=sum(a.convert for a in alike),
        stages=add_seconds(a.stages for a in alike),
        encode=sum(a.encode for a in alike),
        store=sum(a.store for a in alike),
        busy=sum(a.busy for a in alike),
        peak_memory_mb=max(a.peak_memory_mb for a in alike),
        ended_at=max(a.ended_at for a in alike),
    )  # fmt: skip


def add_seconds(stages: Iterable[object]) -> dict[str, float]:
    """Add up what engines told of their stages, by name."""
    seconds: dict[str, float] = defaultdict(float)
    for told in stages:
        for name, took in seconds_in(told).items():
            seconds[name] += took
    return dict(seconds)

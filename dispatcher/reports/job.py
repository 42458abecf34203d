"""The report of one job: what was to be done, who did it, where the time went, what was lost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dispatcher.jobs.totals import AttemptTotal, LeaseTotals, add_up, add_up_leases
from dispatcher.reports.losses import Losses, sum_losses
from dispatcher.reports.pace import Pace, pace_of
from dispatcher.reports.quality import Quality
from dispatcher.reports.stages import Stage, stage_table
from dispatcher.reports.work import Life, Portion, Span, Work, by_capability, by_worker
from storage.prices import NO_PRICES, Prices
from storage.records.schema import AttemptRecord, JobRecord, LeaseRecord
from storage.records.states import JobState


@dataclass(frozen=True, slots=True)
class JobRows:
    """All records of one job, and the runs of workers that could have worked on it."""

    job: JobRecord
    attempts: Sequence[AttemptRecord]
    leases: Sequence[LeaseRecord]
    lives: Sequence[Life]
    kept: Sequence[AttemptTotal] = ()
    """What is left of the attempts of a job that is rolled up; any of them that are still there count no longer."""
    quality: Quality | None = None

    @property
    def totals(self) -> Sequence[AttemptTotal]:
        """What its attempts come to."""
        return self.kept if self.job.rolled_up else add_up(self.attempts)

    @property
    def lease_totals(self) -> LeaseTotals:
        """What its leases come to."""
        return LeaseTotals.kept_by(self.job) if self.job.rolled_up else add_up_leases(self.leases, self.attempts)


@dataclass(frozen=True, slots=True)
class JobFacts:
    """The job itself; times in seconds since the epoch, everything else in seconds."""

    id: int
    name: str
    voice: str
    engine: str
    state: str
    reason: str
    audio_seconds: float
    atoms: int
    submitted_at: float
    started_at: float | None
    converted_at: float | None
    ended_at: float | None
    split_seconds: float
    first_atom_seconds: float
    stitch_seconds: float
    makespan: float | None
    realtime_factor: float | None
    """Audio a second from submission to the end; of finished jobs only."""


@dataclass(frozen=True, slots=True)
class JobReport:
    """Everything that is known of how a job went."""

    job: JobFacts
    conversion: Pace | None
    workers: tuple[Work, ...]
    capabilities: tuple[Work, ...]
    stages: tuple[Stage, ...]
    losses: Losses
    peak_memory_mb: float
    quality: Quality | None = None
    """How good the result is, where that was to be found out."""

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def report_job(rows: JobRows, now: float, prices: Prices = NO_PRICES) -> JobReport:
    """Work the report out; of a job that still runs, as far as it has come."""
    window = conversion_window(rows.job, now)
    totals = rows.totals
    portions = [_portion(t, rows.job.voice) for t in totals]
    # Who never took part because the conversion had not begun, or was over, was not there.
    workers = by_worker(portions, rows.lives, window or Span(0.0, 0.0), prices)
    return JobReport(
        job=_facts(rows.job),
        conversion=pace_of(window, workers) if window else None,
        workers=workers,
        capabilities=by_capability(portions, rows.lives, window or Span(0.0, 0.0), prices),
        stages=stage_table(totals),
        losses=sum_losses(totals, rows.lease_totals),
        peak_memory_mb=max((t.peak_memory_mb for t in totals), default=0.0),
        quality=rows.quality,
    )


def conversion_window(job: JobRecord, now: float) -> Span | None:
    """From the first lease taken to the last atom done, to the job's end, or to now."""
    if job.started_at is None:
        return None
    return Span(job.started_at, job.converted_at or job.ended_at or now)


def _facts(job: JobRecord) -> JobFacts:
    makespan = None if job.ended_at is None else job.ended_at - job.submitted_at
    finished = job.state == JobState.FINISHED and makespan
    return JobFacts(
        id=job.id,
        name=job.name,
        voice=job.voice,
        engine=job.engine,
        state=str(job.state),
        reason=job.reason,
        audio_seconds=job.length,
        atoms=job.atoms,
        submitted_at=job.submitted_at,
        started_at=job.started_at,
        converted_at=job.converted_at,
        ended_at=job.ended_at,
        split_seconds=job.split_took,
        first_atom_seconds=job.first_atom_took,
        stitch_seconds=job.stitch_took,
        makespan=makespan,
        realtime_factor=job.length / makespan if finished and makespan else None,
    )


def _portion(total: AttemptTotal, voice: str) -> Portion:
    return Portion(
        worker=total.worker,
        capability=total.capability,
        device=total.device,
        engine=total.engine,
        voice=voice,
        outcome=total.outcome,
        atoms=total.attempts,
        audio_seconds=total.audio_seconds,
        busy_seconds=total.busy,
        peak_memory_mb=total.peak_memory_mb,
    )

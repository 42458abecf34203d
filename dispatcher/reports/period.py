"""The report of a period: what the farm did since some moment."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dispatcher.reports.grouping import by_capability, by_voice, by_worker
from dispatcher.reports.presence import Life, Span
from dispatcher.reports.work import Portion, Work, sum_work
from storage.records.states import JobState


@dataclass(frozen=True, slots=True)
class EndedJobs:
    """Jobs that ended in one state."""

    jobs: int = 0
    audio_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class PeriodRows:
    """What the records hold of a period, added up as far as SQL can."""

    portions: Sequence[Portion]
    lives: Sequence[Life]
    ended: Mapping[str, EndedJobs]


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """What was done in the period, by whom and in which voices."""

    since: float
    until: float
    finished: EndedJobs
    failed: EndedJobs
    cancelled: EndedJobs
    workers: tuple[Work, ...]
    capabilities: tuple[Work, ...]
    voices: tuple[Work, ...]
    total: Work

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def report_period(rows: PeriodRows, period: Span) -> PeriodReport:
    """Work the report out."""
    present = sum(life.span.overlap(period) for life in rows.lives)
    return PeriodReport(
        since=period.start,
        until=period.end,
        finished=rows.ended.get(JobState.FINISHED, EndedJobs()),
        failed=rows.ended.get(JobState.FAILED, EndedJobs()),
        cancelled=rows.ended.get(JobState.CANCELLED, EndedJobs()),
        workers=by_worker(rows.portions, rows.lives, period),
        capabilities=by_capability(rows.portions, rows.lives, period),
        voices=by_voice(rows.portions),
        total=sum_work("all", rows.portions, present),
    )

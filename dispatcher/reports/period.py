"""The report of a period: what the farm did since some moment."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from dispatcher.reports.work import Life, Portion, Span, Work, by_capability, by_voice, by_worker, sum_work
from storage.errors import InputError
from storage.prices import NO_PRICES, Prices
from storage.records.states import JobState

_UNITS = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)([mhdw])")


def moment_of(text: str, now: float) -> float:
    """The moment that `7d`, `12h`, `30m` or a date means; dates are local."""
    if length := _LENGTH.fullmatch(text.strip()):
        return now - float(length[1]) * _UNITS[length[2]]
    try:
        moment = datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(
            f"'{text}' is no beginning of a period; write 7d, 12h, 30m or a date such as 2025-03-01"
        ) from error
    if moment >= now:
        raise InputError(f"{text} has not come yet; write a date in the past, or a length such as 7d")
    return moment


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


def report_period(rows: PeriodRows, period: Span, prices: Prices = NO_PRICES) -> PeriodReport:
    """Work the report out."""
    present = sum(life.span.overlap(period) for life in rows.lives)
    return PeriodReport(
        since=period.start,
        until=period.end,
        finished=rows.ended.get(JobState.FINISHED, EndedJobs()),
        failed=rows.ended.get(JobState.FAILED, EndedJobs()),
        cancelled=rows.ended.get(JobState.CANCELLED, EndedJobs()),
        workers=by_worker(rows.portions, rows.lives, period, prices),
        capabilities=by_capability(rows.portions, rows.lives, period, prices),
        voices=by_voice(rows.portions, prices),
        total=sum_work("all", rows.portions, present, prices),
    )

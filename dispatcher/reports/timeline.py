"""When each atom was worked on, as well as the records tell."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from dispatcher.reports.work import Span
from storage.records.schema import AttemptRecord


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt in a worker's row; `kind` is its outcome, or copy where it won as a copy."""

    worker: str
    number: int
    kind: str
    span: Span
    attempt: AttemptRecord = field(compare=False, repr=False)


def lay_out_bars(attempts: Sequence[AttemptRecord], copies: set[str]) -> list[Bar]:
    """Bars by worker and time.

    Only the end of a report of several atoms is known, and it is late by what the report was held back for. A worker
    does one atom after the other, so its bars are laid back to back from the last one to the first.
    """
    rows: dict[str, list[AttemptRecord]] = defaultdict(list)
    for attempt in sorted(attempts, key=lambda a: (a.worker, a.ended_at, a.id)):
        rows[attempt.worker].append(attempt)
    bars = [bar for row in rows.values() for bar in _row(row, copies)]
    return sorted(bars, key=lambda bar: (bar.worker, bar.span.start))


def _row(attempts: Sequence[AttemptRecord], copies: set[str]) -> Iterable[Bar]:
    """One worker's bars, the last first."""
    next_start = float("inf")
    for ended_at, report in groupby(reversed(attempts), key=lambda a: a.ended_at):
        end = min(ended_at, next_start)
        for attempt in report:
            span = Span(end - attempt.busy, end)
            yield Bar(attempt.worker, attempt.number, _kind(attempt, copies), span, attempt)
            end = span.start
        next_start = end


def _kind(attempt: AttemptRecord, copies: set[str]) -> str:
    return "copy" if attempt.outcome == "done" and attempt.token in copies else attempt.outcome

"""What was found when a job's result was judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from storage.records.quality_checks import QualityCheckRecord
from storage.records.rows import columns, read_row
from storage.records.states import CheckState


@dataclass(frozen=True, slots=True)
class Judged:
    """One figure: of the result, and of its recording where that has one."""

    what: str
    result: int | float | None
    unit: str
    source: int | float | None = None
    target: str = ""
    is_met: bool | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong."""

    kind: str
    sentence: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """How the check of a result stands, and what it found."""

    state: str
    reason: str
    """Why nobody judges it any more."""
    heard_seconds: float
    took: float
    judged_at: float | None
    measures: tuple[Judged, ...] = ()
    faults: tuple[Fault, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state != CheckState.WAITING

    @property
    def sentence(self) -> str:
        """What it comes to."""
        if self.state == CheckState.WAITING:
            return "it will be judged once it is there"
        if self.state == CheckState.GIVEN_UP:
            return f"it was not judged: {self.reason}"
        if not self.faults:
            return f"nothing wrong was found in {self.heard_seconds:.0f} s of it"
        return "; ".join(fault.sentence for fault in self.faults)


class _Row(NamedTuple):
    """What the records hold."""

    state: str
    reason: str
    heard_seconds: float
    took: float
    judged_at: float | None
    verdict: Mapping[str, Any] | None


def read_quality(connection: Connection, job_id: int) -> Quality | None:
    """What was found of a job's result; None if nobody asked."""
    row = read_row(connection, _Row, select(*columns(_Row, QualityCheckRecord)).where(
        QualityCheckRecord.job_id == job_id
    ))  # fmt: skip
    if row is None:
        return None
    facts = (row.state, row.reason, row.heard_seconds, row.took, row.judged_at)
    try:
        found = msgspec.convert(dict(row.verdict or {}), _Verdict)
    except msgspec.ValidationError as error:
        return Quality(CheckState.GIVEN_UP, f"what was found cannot be read ({error})", *facts[2:])
    return Quality(*facts, found.measures, found.faults, found.remarks)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The parts of a verdict that are told."""

    measures: tuple[Judged, ...] = ()
    faults: tuple[Fault, ...] = ()
    remarks: tuple[str, ...] = ()

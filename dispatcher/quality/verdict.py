"""What is measured of a result, what it should be, and what is wrong with it, in sentences."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from dispatcher.quality.clicks import Click
from dispatcher.quality.envelope import Gap, Move

#: Raised whenever a field changes its meaning or goes.
SCHEMA_VERSION = 1


class Kind(StrEnum):
    """What can be wrong with a result."""

    LENGTH = "length"
    PITCH = "pitch"
    SPEAKER = "speaker"
    CLICK = "click"
    GAP = "dropout"
    MOVE = "move"
    CLIPPING = "clipping"
    NATURALNESS = "naturalness"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a result, with the source's beside it where that has one."""

    what: str
    result: float | None
    """None where it could not be measured."""
    unit: str
    source: float | None = None
    target: str = ""
    """What it should be."""
    is_met: bool | None = None
    """Whether it is; None where there is no target, or nothing was measured."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong, where it is, and what it may come from."""

    kind: Kind
    sentence: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that is said of a result."""

    source: str
    result: str
    seconds: float
    measures: tuple[Measure, ...]
    faults: tuple[Fault, ...]
    remarks: tuple[str, ...] = ()
    """What was not measured, and why."""
    schema_version: int = field(default=SCHEMA_VERSION)

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


#: Faults of one kind that are named one by one; of more, it is said how many there are.
_NAMED = 5


def faults_at(
    clicks: list[Click], gaps: list[Gap], moves: list[Move], place: Callable[[float], float]
) -> Iterator[Fault]:
    """Faults that have their place, which `place` tells by the second at which they were heard."""
    for click in clicks[:_NAMED]:
        at = place(click.seconds)
        yield Fault(Kind.CLICK, f"there is a click at {shown_place(at)}", at)
    if len(clicks) > _NAMED:
        yield Fault(Kind.CLICK, f"there are {len(clicks)} clicks in all")
    for gap in gaps[:_NAMED]:
        at = place(gap.start)
        lasting = f"for {gap.end - gap.start:.2f} s from {shown_place(at)} on"
        yield Fault(Kind.GAP, f"it is silent {lasting}, where the source is not", at)
    if len(gaps) > _NAMED:
        silent = sum(gap.end - gap.start for gap in gaps)
        yield Fault(Kind.GAP, f"it is silent {len(gaps)} times in all, for {silent:.1f} s")
    for move in moves[:_NAMED]:
        way, what = ("early", "lost") if move.early > 0.0 else ("late", "put in")
        at = place(move.seconds)
        told = f"from about {shown_place(at)} on it is {abs(move.early):.2f} s {way}: something was {what}"
        yield Fault(Kind.MOVE, told, at)
    if len(moves) > _NAMED:
        yield Fault(Kind.MOVE, f"it changes its pace {len(moves)} times in all")


def shown_place(seconds: float) -> str:
    """A moment of a recording."""
    minutes, rest = divmod(seconds, 60.0)
    return f"{int(minutes)}:{rest:05.2f}"

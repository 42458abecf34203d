"""Inputs through a watched door, and all that ended badly."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.fuzz.verdict import GOOD, Ending
from tests.fuzz.watching import Outcome, Watch

#: Inputs that once broke a door, below its name; each says in its own name what it is.
KEPT = Path(__file__).with_name("kept")
#: What is known to be broken still: door, whether it is new input or kept input that shows it, and what it does.
#: To be taken out when it is mended; until then its test has to fail.
BROKEN = {
    ("audio", "new"): "lengths that are no number or beyond all sense are believed",
    ("audio", "kept"): "more than 8 planar channels kill PyAV, a stream of MPEG-TS that begins late is an IndexError",
    ("atoms", "new"): "struct.error and OverflowError for large numbers in the line, an object's address is told",
    ("atoms", "kept"): "the same",
    ("messages", "new"): "nothing is checked",
    ("messages", "kept"): "the same",
    ("settings", "new"): "secrets in tables are shown, 400 digits overflow, words of any length are said again",
    ("settings", "kept"): "the same",
    ("requests", "new"): "numbers of jobs overflow, control characters reach the terminal",
    ("requests", "kept"): "the same",
}
#: Inputs for one child.
_BATCH = 500


def new(door: str, count: int) -> object:
    """So many inputs as the parameters of a test."""
    return pytest.param(door, count, marks=_marks(door, "new"), id=door)


def kept(door: str) -> object:
    """What was kept as the parameter of a test."""
    return pytest.param(door, marks=_marks(door, "kept"), id=door)


def _marks(door: str, shown_by: str) -> list[pytest.MarkDecorator]:
    reason = BROKEN.get((door, shown_by))
    return [pytest.mark.xfail(reason=reason, raises=AssertionError)] if reason else []


def tried(watch: Watch, count: int) -> Counter[Ending]:
    """How the first inputs ended; fails with some of those that ended badly."""
    numbers = [str(number) for number in range(count)]
    outcomes = [
        outcome for first in range(0, count, _BATCH) for outcome in watch.judge(numbers[first : first + _BATCH])
    ]
    assert len(outcomes) == count
    fail_with(outcomes)
    return Counter(outcome.verdict.ending for outcome in outcomes)


def files(folder: Path) -> list[str]:
    """All files of a folder, in order."""
    return [str(path) for path in sorted(folder.iterdir())]


def fail_with(outcomes: Iterable[Outcome]) -> None:
    """Fail with some of those that ended badly, if any did."""
    bad = [outcome for outcome in outcomes if outcome.verdict.ending not in GOOD]
    told = "\n".join(f"input {one.task}: {one.verdict.ending}: {one.verdict.said[:600]}" for one in bad[:8])
    assert not bad, f"{len(bad)} inputs ended badly, among them\n{told}"

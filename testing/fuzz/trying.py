"""Push inputs through a watched door, and fail with those that ended badly."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from testing.fuzz.verdict import GOOD, Ending
from testing.fuzz.watching import Outcome, Watch

#: Inputs that once broke a door, in a folder of its name; each file's name says what it is.
KEPT = Path(__file__).with_name("kept")
#: Inputs for one child.
_BATCH = 500


def new(door: str, count: int) -> object:
    """Parameters of a test: this many new inputs for a door."""
    return pytest.param(door, count, id=door)


def kept(door: str) -> object:
    """Parameters of a test: the inputs kept for a door."""
    return pytest.param(door, id=door)


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

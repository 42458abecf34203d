"""Whatever an input does to a reader is noticed, classified, and traced to that input."""

from pathlib import Path

import pytest

from testing.fuzz import watching
from testing.fuzz.catalog import DOORS
from testing.fuzz.door import write_seeds
from testing.fuzz.verdict import Ending
from testing.fuzz.watching import Outcome, Watch


@pytest.fixture
def judge(tmp_path: Path) -> "Judge":
    return Judge(tmp_path)


class Judge:
    """Judges inputs with the given contents."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.watch = Watch("traps", write_seeds(DOORS["traps"], folder / "seeds"))

    def path(self, content: str) -> str:
        path = self.folder / f"{content.replace(' ', '-')}.bin"
        path.write_text(content)
        return str(path)

    def __call__(self, *contents: str) -> list[Outcome]:
        outcomes = list(self.watch.judge([self.path(content) for content in contents]))
        assert [outcome.task for outcome in outcomes] == [self.path(content) for content in contents]
        return outcomes


def test_every_ending_is_told_apart_and_later_inputs_are_still_judged(judge: Judge) -> None:
    # A child's memory is measured on its own, however much its parent holds.
    ballast = b"x" * (450 << 20)
    outcomes = judge("value", "refuse", "raise", "leak", "eat", "segfault", "refuse", "value")
    assert [outcome.verdict.ending for outcome in outcomes] == [
        Ending.VALUE, Ending.REFUSAL, Ending.FOREIGN, Ending.SENTENCE, Ending.HUNGRY, Ending.CRASH, Ending.REFUSAL,
        Ending.VALUE,
    ]  # fmt: skip
    assert "KeyError at trap_door.py:" in outcomes[2].verdict.said
    assert "an object's address" in outcomes[3].verdict.said
    assert "SIGSEGV" in outcomes[5].verdict.said
    assert "trap_door.py" in outcomes[5].verdict.said, "where it died is not told"
    assert outcomes[5].verdict.said.endswith("(alone)")
    assert ballast


def test_an_input_that_never_ends_is_stopped_and_located(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PROCESSOR_LIMIT", 2.0)
    spun, behind = judge("spin", "value")
    assert spun.verdict.ending is Ending.HANG
    assert "trap_door.py" in spun.verdict.said
    assert behind.verdict.ending is Ending.VALUE


def test_a_crash_prepared_by_an_earlier_input_is_reported_with_both(judge: Judge) -> None:
    outcomes = judge("arm", "value", "refuse", "go off", "value")
    assert [outcome.verdict.ending for outcome in outcomes] == [
        Ending.VALUE, Ending.VALUE, Ending.REFUSAL, Ending.CRASH, Ending.VALUE,
    ]  # fmt: skip
    # All inputs read before it are named, because one or two of them do not cause the crash.
    paths = ", ".join(judge.path(content) for content in ("arm", "value", "refuse"))
    assert outcomes[3].verdict.said.endswith(f"(after {paths})")

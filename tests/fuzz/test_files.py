"""Damaged files: each gives its content or one sentence, and kills no process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from testing.fuzz.trying import KEPT, fail_with, files, kept, new, tried
from testing.fuzz.verdict import Ending
from testing.fuzz.watching import Watch

Watching = Callable[[str], Watch]
#: The description of a model is read, but the weights beside it are not valid.
INCOMPLETE = {"config.json"}


@pytest.mark.parametrize("door", ["audio", "extras", "models", "atoms"])
def test_valid_files_are_accepted(watch: Watching, door: str) -> None:
    """Otherwise, nothing beyond the first check of a file would be tested."""
    outcomes = list(watch(door).judge(files(watch(door).seeds)))
    fail_with(outcomes)
    refused = {Path(outcome.task).name for outcome in outcomes if outcome.verdict.ending is Ending.REFUSAL}
    assert refused <= INCOMPLETE


@pytest.mark.parametrize(("door", "count"), [new("audio", 2_000), new("models", 300), new("atoms", 500)])
def test_a_damaged_file_gives_its_content_or_a_sentence(watch: Watching, door: str, count: int) -> None:
    endings = tried(watch(door), count)
    # If all endings were of one kind, the damage would be too light or too heavy to test much.
    assert endings[Ending.VALUE] > count / 100
    assert endings[Ending.REFUSAL] > count / 4


@pytest.mark.parametrize(("door", "count"), [new("extras", 150)])
def test_damaged_extras_are_left_out_and_the_result_is_whole(watch: Watching, door: str, count: int) -> None:
    assert tried(watch(door), count)[Ending.VALUE] > count * 0.9


@pytest.mark.parametrize("door", [kept("audio"), kept("atoms"), kept("extras")])
def test_a_file_that_once_broke_its_reader_no_longer_does(watch: Watching, door: str) -> None:
    fail_with(watch(door).judge(files(KEPT / door)))

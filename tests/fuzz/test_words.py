"""Misspelt or made-up text from people and other machines is read as meant or refused with one sentence."""

from collections.abc import Callable

import pytest

from testing.fuzz.trying import KEPT, fail_with, files, kept, new, tried
from testing.fuzz.verdict import Ending
from testing.fuzz.watching import Watch

Watching = Callable[[str], Watch]


@pytest.mark.parametrize("door", ["messages", "settings"])
def test_valid_words_are_accepted(watch: Watching, door: str) -> None:
    outcomes = list(watch(door).judge(files(watch(door).seeds)))
    assert {outcome.verdict.ending for outcome in outcomes} == {Ending.VALUE}, outcomes


@pytest.mark.parametrize(("door", "count"), [new("messages", 2_000), new("settings", 1_500), new("requests", 250)])
def test_odd_words_are_read_as_meant_or_refused_with_a_sentence(watch: Watching, door: str, count: int) -> None:
    endings = tried(watch(door), count)
    assert endings[Ending.REFUSAL] > count / 4


@pytest.mark.parametrize("door", [kept("messages"), kept("settings"), kept("requests")])
def test_words_that_once_broke_their_reader_no_longer_do(watch: Watching, door: str) -> None:
    fail_with(watch(door).judge(files(KEPT / door)))

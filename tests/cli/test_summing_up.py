"""At the end of a batch one line says what became of it."""

from pathlib import Path

import pytest

from dispatcher.cli.summing_up import summary_of
from dispatcher.client.answers import Delivery
from storage.errors import InputError
from tests.cli.recordings import write_good
from tests.cli.running import CommandLine


def delivery(name: str, state: str, place: int = 0) -> Delivery:
    error = None if state in ("finished", "there") else InputError("it is bad")
    return Delivery(Path("folder") / name, state=state, error=error, place=place)


@pytest.mark.parametrize(
    ("states", "words"),
    [
        (["finished", "finished"], "2 converted in 12.0 s"),
        (["there", "there", "finished"], "1 converted, 2 there already in 12.0 s"),
        (
            ["finished", "refused", "failed"],
            "1 converted, 1 refused, 1 failed in 12.0 s; without a result: 1.wav, 2.wav",
        ),
    ],
)
def test_the_line_counts_what_became_of_the_recordings(states: list[str], words: str) -> None:
    assert summary_of([delivery(f"{n}.wav", state, n) for n, state in enumerate(states)], 12.0) == words


def test_only_the_first_bad_ones_are_named() -> None:
    told = summary_of([delivery(f"{n:02}.wav", "refused", n) for n in reversed(range(30))], 1.0)
    assert "without a result: 00.wav, 01.wav" in told
    assert told.endswith("09.wav and 20 more")


def test_a_batch_run_again_is_there_already_and_succeeds(command: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_good(tmp_path / "in")
    convert = ("convert", tmp_path / "in", "--voice", "through", "-o", tmp_path / "out", "--skip-existing")
    first = command.run(*convert)
    again = command.run(*convert)
    assert (first.status, again.status) == (0, 0), again.err
    count = len(list((tmp_path / "in").iterdir()))
    assert f"{count} converted in" in first.err
    assert f"{count} there already in" in again.err
    assert again.out == ""

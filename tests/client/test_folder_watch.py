"""A watched folder: what grows is waited for, what is bad stops nothing, and a restart does nothing twice."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from dispatcher.client import Audience, Delivery, Farm, Request
from dispatcher.client.folder_watch import Watched
from dispatcher.client.watching import pause_a_moment
from dispatcher.wishes.sources import Chosen
from storage.settings import Settings
from testing.sounds import tone

#: Seconds within which everything must happen.
PATIENCE = 60.0
SETTLE = 0.3


class Enough(Exception):
    """Ends a watch from its pause."""


@pytest.fixture
def farm(build_settings: Callable[..., Settings]) -> Farm:
    return Farm(build_settings(workers=1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "day1").mkdir(parents=True)
    return tmp_path / "in"


def write(path: Path, number: int = 0) -> bytes:
    soundfile.write(path, tone(1600 + 100 * number, 16_000), 16_000)
    return path.read_bytes()


def watch(farm: Farm, folder: Path, each_look: Callable[[], None], **more: object) -> Iterator[Delivery]:
    """The deliveries of a watch, until a look raises Enough."""
    end = time.monotonic() + PATIENCE
    watched = Watched(folder, settle_seconds=SETTLE, **more)  # type: ignore[arg-type]

    def pause() -> None:
        assert time.monotonic() < end
        each_look()
        pause_a_moment()

    try:
        yield from farm.watch_folder(
            watched, Request("through"), folder.parent / "out", batch="watch", audience=Audience(pause=pause)
        )
    except Enough:
        return


def test_what_arrives_is_converted_and_put_away(farm: Farm, folder: Path) -> None:
    """One recording grows slowly, in bursts that are longer apart than a file must rest; one is bad."""
    out, done, failed = folder.parent / "out", folder / "done", folder / "failed"
    write(folder / "day1" / "one.wav")
    (folder / "bad.wav").write_bytes(b"this is text")
    (folder / "notes.txt").write_bytes(b"no sound")
    grown = write(folder.parent / "grown.wav", 1)
    bursts = [grown[:1000], grown[1000:2000], grown[2000:]]
    growing, began = folder / "slow.wav", time.monotonic()

    def look() -> None:
        if bursts and time.monotonic() - began > 2 * SETTLE * (4 - len(bursts)):
            with growing.open("ab") as file:
                file.write(bursts.pop(0))
        if (done / "slow.wav").exists() and (done / "day1" / "one.wav").exists() and (failed / "bad.wav").exists():
            raise Enough

    found = {d.source.name: d for d in watch(farm, folder, look, done=done, failed=failed)}
    assert {name: d.state for name, d in found.items()} == {
        "one.wav": "finished", "slow.wav": "finished", "bad.wav": "refused",
    }  # fmt: skip
    assert "is text, not sound" in str(found["bad.wav"].error)
    assert {(d.voice, d.batch) for d in found.values() if d.is_good} == {("through", "watch")}
    assert (found["bad.wav"].voice, found["bad.wav"].job) == ("through", None)
    assert {p.relative_to(out).as_posix() for p in out.rglob("*.wav")} == {"day1/one.wav", "slow.wav"}
    assert (done / "slow.wav").read_bytes() == grown
    assert sorted(p.name for p in folder.iterdir()) == ["day1", "done", "failed", "notes.txt"]


def test_a_restart_brings_what_was_taken_in_and_converts_nothing_twice(farm: Farm, folder: Path) -> None:
    write(folder / "one.wav")

    def until_taken_in() -> None:
        if farm.jobs():
            raise Enough

    assert list(watch(farm, folder, until_taken_in)) == []
    write(folder / "two.wav", 2)
    found: list[Delivery] = []

    def until_both() -> None:
        if len(found) == 2:
            raise Enough

    for delivery in watch(farm, folder, until_both):
        found.append(delivery)  # noqa: PERF402 - they are counted meanwhile
    assert {d.source.name: d.state for d in found} == {"one.wav": "finished", "two.wav": "finished"}
    assert len(farm.jobs()) == 2

    # Once more: both results are there, and nothing is done.
    found.clear()
    for delivery in watch(farm, folder, until_both):
        found.append(delivery)  # noqa: PERF402 - they are counted meanwhile
    assert {(d.state, d.voice) for d in found} == {("there", "through")}
    assert len(farm.jobs()) == 2


def test_recordings_of_one_name_that_are_put_away_are_all_kept(folder: Path) -> None:
    watched = Watched(folder, Chosen(), done=folder / "done")
    contents = [write(folder / "a.wav", number) for number in range(3)]
    for number in range(3):
        write(folder / "a.wav", number)
        watched.put_away(folder / "a.wav", is_good=True)
    assert [(folder / "done" / name).read_bytes() for name in ("a.wav", "a (2).wav", "a (3).wav")] == contents
    write(folder / "a.wav")
    assert watched.put_away(folder / "a.wav", is_good=False) is None
    assert (folder / "a.wav").exists()

"""A worker gives an engine that gains by it several atoms at once, of one lease or of many."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from storage import keys
from storage.audio import atomfile
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.settings import Settings
from workers.engines import catalog
from workers.engines.engine import Engine
from workers.engines.through import RATE, Through
from workers.engines.voice import Converted, PackageFolders, Piece, Voice
from workers.wire.messages import AtomOrder, AtomOutcome, ConversionOrder
from workers.worker.fetching import result_key
from workers.worker.pipeline import Pipeline
from workers.worker.voices import LoadedVoices

TOGETHER = 10.0
#: The value of samples that this engine cannot bear.
POISON = 0.5


@dataclass
class Choir(Voice):
    """A voice that gives back what it gets and keeps who came together."""

    groups: list[list[int]] = field(default_factory=list)

    def convert(self, piece: Piece, settings: Mapping[str, Any]) -> Converted:
        (converted,) = self.convert_all([piece], settings)
        return converted

    def convert_all(self, pieces: Sequence[Piece], settings: Mapping[str, Any]) -> Iterator[Converted]:
        self.groups.append([piece.start // RATE for piece in pieces])
        for piece in pieces:
            if (piece.samples == POISON).any():
                raise RuntimeError("it is poisoned")
            yield Converted(piece.samples[piece.start - piece.first : piece.stop - piece.first], {"choir": 0.1})


class ChoirEngine(Through):
    """An engine that likes ten seconds at once."""

    def __init__(self) -> None:
        self.voice = Choir()

    def seconds_together(self, capability: str) -> float:
        return TOGETHER if capability == "cuda" else 0.0

    def load(self, recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:
        return self.voice


@dataclass
class Bench:
    """A pipeline over a folder, and what it told."""

    store: ObjectStore
    engine: ChoirEngine
    told: list[tuple[str, AtomOutcome]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def order(
        self, token: str, lengths: Sequence[float], poisoned: Sequence[int] = (), seed: int = 0
    ) -> ConversionOrder:
        prefix = keys.atom_prefix(token, RATE)
        atoms, start = [], 0
        for number, seconds in enumerate(lengths):
            stop = start + round(seconds * RATE)
            samples = np.full(stop - start, POISON if number in poisoned else 0.25, np.float32)
            key = keys.atom_key(prefix, start, stop)
            self.store.put(key, atomfile.encode(samples, RATE, key=key))
            atoms.append(AtomOrder(number, start, stop, start, stop, start, stop))
            start = stop
        converted = keys.converted_prefix(prefix, {"seed": seed})
        return ConversionOrder(
            token, 1, "through", "1", {"pace": 0.0}, {"seed": seed}, RATE, RATE, prefix, converted, tuple(atoms)
        )

    def run(self, *orders: ConversionOrder, capability: str = "cuda") -> list[list[int]]:
        voices = LoadedVoices(lambda content_hash, kind: Path(), capability)
        pipeline = Pipeline(self.store, voices, Event())
        pipeline.run(orders, lambda token: False, lambda *one: self.told.append(one), self.ended.append)
        return self.engine.voice.groups

    def outcomes(self, token: str) -> dict[int, str]:
        return {outcome.number: outcome.outcome for told, outcome in self.told if told == token}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    engine = ChoirEngine()
    known = catalog.engine

    def found(name: str) -> Engine:
        return engine if name == "through" else known(name)

    monkeypatch.setattr(catalog, "engine", found)
    return Bench(open_store(Settings(objects_url=(tmp_path / "objects").as_uri())), engine)


def test_atoms_are_given_together_until_they_are_long_enough(bench: Bench) -> None:
    assert bench.run(bench.order("a", [4.0] * 7)) == [[0, 4, 8], [12, 16, 20], [24]]
    assert bench.outcomes("a") == dict.fromkeys(range(7), "done")
    assert bench.ended == ["a"]


def test_short_recordings_of_many_leases_are_given_together(bench: Bench) -> None:
    orders = [bench.order(f"r{n}", [3.0]) for n in range(5)]
    assert bench.run(*orders) == [[0, 0, 0, 0], [0]]
    assert sorted(bench.ended) == [order.token for order in orders]
    for order in orders:
        assert bench.store.find(result_key(order, order.atoms[0])) is not None


def test_other_settings_do_not_go_along(bench: Bench) -> None:
    orders = [bench.order("a", [3.0]), bench.order("b", [3.0], seed=1), bench.order("c", [3.0], seed=1)]
    assert bench.run(*orders) == [[0], [0, 0]]


def test_an_atom_that_fails_takes_no_other_with_it(bench: Bench) -> None:
    groups = bench.run(bench.order("a", [3.0, 3.0, 3.0, 3.0], poisoned=[1]))
    assert bench.outcomes("a") == {0: "done", 1: "failed", 2: "done", 3: "done"}
    assert groups == [[0, 3, 6, 9], [3], [6], [9]]
    (error,) = {outcome.error for _, outcome in bench.told if outcome.outcome == "failed"}
    assert error == "the engine through broke: RuntimeError: it is poisoned"


def test_what_is_missing_or_there_already_is_left_out_of_the_group(bench: Bench) -> None:
    order = bench.order("a", [3.0] * 4)
    bench.store.delete(keys.atom_key(order.atoms_prefix, order.atoms[1].first, order.atoms[1].last))
    bench.run(replace(order, atoms=order.atoms[2:3]))
    bench.told.clear()
    bench.engine.voice.groups.clear()
    assert bench.run(order) == [[0, 9]]
    assert bench.outcomes("a") == {0: "done", 1: "damaged", 2: "cached", 3: "done"}


@pytest.mark.parametrize("capability", ["cuda", "cpu"])
def test_an_order_for_an_unknown_engine_fails_alone(bench: Bench, capability: str) -> None:
    unknown = replace(bench.order("a", [3.0] * 4), engine="wurlitzer")
    bench.run(unknown, bench.order("b", [3.0]), capability=capability)
    assert bench.outcomes("a") == dict.fromkeys(range(4), "failed")
    assert bench.outcomes("b") == {0: "done"}
    assert sorted(bench.ended) == ["a", "b"]


def test_processors_convert_one_after_the_other(bench: Bench) -> None:
    assert bench.run(bench.order("a", [4.0] * 3), capability="cpu") == [[0], [4], [8]]


def test_time_is_told_atom_by_atom_and_adds_up(bench: Bench) -> None:
    bench.run(bench.order("a", [4.0] * 5))
    outcomes = [outcome for _, outcome in bench.told]
    assert all(outcome.stages["choir"] == 0.1 and outcome.busy >= outcome.convert for outcome in outcomes)

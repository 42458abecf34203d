"""What was found out of an atom is kept for the next voice if the farm's owner wants that; nothing depends on it."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from storage import keys
from storage.audio import atomfile
from storage.errors import ObjectStoreError
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.settings import Settings
from workers.engines import catalog
from workers.engines.engine import Engine
from workers.engines.samples import Array
from workers.engines.through import RATE, Through
from workers.engines.voice import Converted, PackageFolders, Piece, Voice
from workers.wire.messages import AtomOrder, AtomOutcome, ConversionOrder
from workers.worker.keeping import packed, unpacked
from workers.worker.pipeline import Pipeline
from workers.worker.voices import LoadedVoices

SECOND = RATE
LOUDNESS = "loudness"


@dataclass
class Listener(Voice):
    """A voice that needs to know how loud an atom is, and keeps what it was told."""

    told: list[Mapping[str, Array] | None] = field(default_factory=list)

    def convert(self, piece: Piece, settings: Mapping[str, Any]) -> Converted:
        self.told.append(piece.known)
        samples = piece.samples[piece.start - piece.first : piece.stop - piece.first]
        if piece.known:
            return Converted(samples, {"loudness, known": 0.0})
        return Converted(samples, {LOUDNESS: 0.1}, known={LOUDNESS: np.abs(samples).astype(np.float64)})

    def convert_all(self, pieces: Sequence[Piece], settings: Mapping[str, Any]) -> Iterator[Converted]:
        return (self.convert(piece, settings) for piece in pieces)


class ListeningEngine(Through):
    """An engine whose voices have one thing in common."""

    def __init__(self) -> None:
        self.voice = Listener()

    def in_common(self, recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> str | None:
        return None if settings.get("seed") == 99 else LOUDNESS

    def load(self, recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:
        return self.voice


@dataclass
class Bench:
    """A store with one atom, and an engine that converts it for one voice after another."""

    store: ObjectStore
    engine: ListeningEngine
    outcomes: list[AtomOutcome] = field(default_factory=list)
    prefix: str = keys.atom_prefix("recording", RATE)

    def convert(self, seed: int, *, keeps: bool = True, store: ObjectStore | None = None) -> Mapping[str, Array] | None:
        """Convert the atom with another seed; returns what the engine was told of it."""
        order = ConversionOrder(
            f"lease-{seed}", 1, "through", "1", {"pace": 0.0}, {"seed": seed}, RATE, RATE, self.prefix,
            keys.converted_prefix(self.prefix, {"seed": seed}), (AtomOrder(0, 0, SECOND, 0, SECOND, 0, SECOND),),
        )  # fmt: skip
        voices = LoadedVoices(lambda content_hash, kind: Path(), "cpu")
        pipeline = Pipeline(store or self.store, voices, Event(), keeps=keeps)
        pipeline.run([order], lambda token: False, lambda _, one: self.outcomes.append(one), lambda token: None)
        pipeline.storers.shutdown(wait=True)
        return self.engine.voice.told[-1]

    def kept(self) -> list[str]:
        return [stored.key for stored in self.store.list("heard/")]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    engine = ListeningEngine()
    known = catalog.engine

    def found(name: str) -> Engine:
        return engine if name == "through" else known(name)

    monkeypatch.setattr(catalog, "engine", found)
    bench = Bench(open_store(Settings(objects_url=(tmp_path / "objects").as_uri())), engine)
    key = keys.atom_key(bench.prefix, 0, SECOND)
    bench.store.put(key, atomfile.encode(np.full(SECOND, 0.25, np.float32), RATE, key=key))
    return bench


def test_the_next_voice_is_told_what_the_first_one_found_out(bench: Bench) -> None:
    assert bench.convert(1) == {}
    told = bench.convert(2)
    assert told is not None
    np.testing.assert_array_equal(told[LOUDNESS], np.full(SECOND, 0.25))
    assert [dict(o.stages).keys() - {"load"} for o in bench.outcomes] == [{LOUDNESS}, {"loudness, known"}]
    assert {o.outcome for o in bench.outcomes} == {"done"}
    assert bench.kept() == [keys.heard_key(keys.heard_prefix(bench.prefix), 0, SECOND, 0, SECOND, LOUDNESS)]


def test_nothing_is_kept_or_asked_for_unless_the_owner_wants_it(bench: Bench) -> None:
    assert bench.convert(1, keeps=False) is None
    assert not bench.kept()


def test_a_voice_that_has_nothing_in_common_with_others_is_not_asked(bench: Bench) -> None:
    assert bench.convert(99) is None
    assert not bench.kept()


def test_what_is_damaged_is_found_out_again(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.convert(1)
    (key,) = bench.kept()
    data = bytearray(bench.store.get(key))
    data[-1] ^= 1
    bench.store.put(key, bytes(data))
    with caplog.at_level(logging.WARNING):
        assert bench.convert(2) == {}
    assert f"{key} is damaged, so it is found out again" in caplog.messages
    assert bench.convert(3)


def test_what_was_kept_of_another_atom_is_not_taken_for_this_ones() -> None:
    data = packed({LOUDNESS: np.ones(3)}, "heard/a/1")
    assert unpacked(data, "heard/a/1").keys() == {LOUDNESS}
    assert unpacked(data, "heard/a/2") == {}
    assert unpacked(b"", "heard/a/1") == {}


class Crowded:
    """A store that has no room for what is only kept for the next voice."""

    def __init__(self, store: ObjectStore, error: Exception) -> None:
        self.store = store
        self.error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def get(self, key: str) -> bytes:
        if key.startswith("heard/"):
            raise self.error
        return self.store.get(key)

    def put(self, key: str, data: bytes, *, lasting: bool = True) -> None:
        if key.startswith("heard/"):
            raise self.error
        self.store.put(key, data, lasting=lasting)


def test_an_atom_is_done_even_if_nothing_can_be_kept_of_it(bench: Bench) -> None:
    for seed, error in enumerate((ObjectStoreError("the store is away"), RuntimeError("nobody foresaw this"))):
        crowded: Any = Crowded(bench.store, error)
        assert bench.convert(seed, store=crowded) == {}
    assert [o.outcome for o in bench.outcomes] == ["done", "done"]

"""Pickles made to take forever or fill the memory are refused soon; what honest ones hold besides tensors is kept."""

import pickle
import time
from collections import Counter, OrderedDict, defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import PureWindowsPath
from typing import Any

import numpy as np
import pytest

from storage.errors import InputError
from workers.engines.rvc.files.pickle_names import Inert
from workers.engines.rvc.files.pickle_reader import read_pickle
from workers.engines.rvc.files.torch_tensor import TensorMaker

#: Seconds; honest pickles take a few milliseconds, and a loaded machine may be ten times slower.
_SOON = 60.0

PAIRS = b"]q\x01(" + b"K\x01K\x01\x86" * 2000 + b"e"
ORDERED = b"ccollections\nOrderedDict\nq\x02"
HOSTILE = {
    "many copies": PAIRS + ORDERED + b"h\x02h\x01\x85R0" * 10_000 + b".",
    "many steps": b"\x80\x02" + b"N0" * 3_000_000 + b".",
    "deep tuples as a key": b"}q\x00)" + b"\x85" * 500_000 + b"Ns.",
    "a huge number as a key": b"}\x8b" + (4_000_000).to_bytes(4, "little") + b"\x01" * 4_000_000 + b"q\x01K\x01s"
    + b"h\x01K\x01s" * 100_000 + b".",
    "missing text": b"\x8d" + (1 << 60).to_bytes(8, "little") + b"a.",
    "names from an extension": b"\x82\x01.",
    "an id in text": b"Pmodule\n.",
    "a call of a built object": b"cargparse\nNamespace\n)R)R.",
    "nothing at all": b".",
    "no end": b"\x80\x02}q\x00",
    "odd escapes": b"cfairseq\\d\nA\\d\n.",
    "an empty tuple": b"\x87.",
}  # fmt: skip


def read(content: bytes) -> Any:
    return read_pickle(BytesIO(content), TensorMaker())


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_pickle_ends_soon(content: bytes) -> None:
    begun = time.perf_counter()
    with suppress(InputError):
        assert read(content) == {}
    assert time.perf_counter() - begun < _SOON


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_plain_values_come_out_as_they_went_in(protocol: int) -> None:
    said = {
        "list": [1, 2.5, "three", b"four", None, True, (5,), (6, 7), (8, 9, 10), (1, 2, 3, 4)],
        "nested": OrderedDict(a={"b": []}),
        "big": 2**40,
        "below": -3,
        1: "number",
    }
    assert read(pickle.dumps(said, protocol)) == said


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_numbers_of_numpy_become_plain_numbers(protocol: int) -> None:
    said = [np.float64(0.1), np.float32(0.5), np.int64(-7), np.bool_(True), np.dtype(">i4").type(3)]
    assert read(pickle.dumps(said, protocol)) == [0.1, 0.5, -7, True, 3]


@pytest.mark.parametrize("thing", [PureWindowsPath("a"), datetime.now(UTC), np.ones(3), 3j, range(3), {1, 2}])
def test_other_objects_stay_without_effect(thing: object) -> None:
    said = read(pickle.dumps([thing, "after"], 4))
    assert said[1] == "after"
    assert isinstance(said[0], Inert | list)


def test_dictionaries_of_other_kinds_become_plain_ones() -> None:
    counted = defaultdict(int, a=1)
    assert read(pickle.dumps([counted, Counter("aab")], 4))[0] == {"a": 1}

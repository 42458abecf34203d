"""The streamed loudness mix equals that of the whole recording, however it is cut."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.studio.stitch.loudness import Stream, mixed
from tests.studio.stitch.whole import whole_mix
from workers.engines.samples import Samples

RATE, SOURCE_RATE = 4_000, 1_600
MIX = 0.3


def swelling(samples: int, seed: int) -> Samples:
    """Noise that comes and goes within a few seconds."""
    rng = np.random.default_rng(seed)
    swell = np.sin(np.arange(samples) / 2000 + seed) ** 2
    return np.asarray(rng.standard_normal(samples) * swell, np.float32)


def pieces(samples: Samples, cuts: list[int]) -> Iterator[Samples]:
    edges = sorted({0, len(samples), *(cut % (len(samples) + 1) for cut in cuts)})
    return (samples[a:b] for a, b in pairwise(edges))


def streamed(result: Samples, source: Samples, mix: float, cuts: list[int]) -> Samples:
    ours = Stream(pieces(result, cuts), RATE, len(result))
    return np.concatenate(list(mixed(ours, Stream(pieces(source, cuts), SOURCE_RATE, len(source)), mix)))


@pytest.mark.parametrize("seconds", [0.01, 0.49, 0.5, 0.51, 1.0, 7.3, 60.0])
@pytest.mark.parametrize("mix", [0.0, 0.3, 0.9])
def test_a_streamed_mix_equals_that_of_the_whole(seconds: float, mix: float) -> None:
    result, source = swelling(round(seconds * RATE), 1), swelling(round(seconds * SOURCE_RATE), 2)
    got, wanted = streamed(result, source, mix, [5_000, 77_777]), whole_mix(result, RATE, source, SOURCE_RATE, mix)
    assert got.dtype == np.float32
    assert len(got) == len(result)
    assert np.max(np.abs(got - wanted)) <= 1e-6 * np.max(np.abs(wanted))


@given(cuts=st.lists(st.integers(0, 60_000), max_size=8))
def test_where_it_is_cut_does_not_change_a_bit(cuts: list[int]) -> None:
    result, source = swelling(30_011, 3), swelling(12_004, 4)
    assert np.array_equal(streamed(result, source, MIX, cuts), streamed(result, source, MIX, []))


def test_a_full_mix_makes_the_result_as_loud_as_the_source() -> None:
    fading = np.random.default_rng(5).standard_normal(80_000) * 10.0 ** -(np.arange(80_000) / 20_000)
    got = streamed(fading.astype(np.float32), np.full(32_000, 0.5, np.float32), 0.0, [])
    levels = np.sqrt(np.mean(got[8_000:72_000].astype(np.float64).reshape(-1, 4_000) ** 2, axis=1))
    assert np.max(np.abs(levels - 0.5)) < 0.1


@pytest.mark.parametrize("silent", ["result", "source", "both"])
def test_silence_stays_silence(silent: str) -> None:
    result, source = swelling(20_000, 6), swelling(8_000, 7)
    if silent in ("result", "both"):
        result[:] = 0.0
    if silent in ("source", "both"):
        source[:] = 0.0
    got = streamed(result, source, MIX, [])
    assert np.array_equal(got, np.zeros_like(result))


def test_it_holds_no_more_than_a_few_seconds() -> None:
    ahead = 0
    read = 0

    def reading() -> Iterator[Samples]:
        nonlocal read
        for block in pieces(swelling(100 * RATE, 8), list(range(0, 100 * RATE, 1_000))):
            read += len(block)
            yield block

    written = 0
    source = Stream(iter([swelling(100 * SOURCE_RATE, 9)]), SOURCE_RATE, 100 * SOURCE_RATE)
    for block in mixed(Stream(reading(), RATE, 100 * RATE), source, MIX):
        ahead = max(ahead, read - written)
        written += len(block)
    assert written == 100 * RATE
    assert ahead <= 2 * RATE

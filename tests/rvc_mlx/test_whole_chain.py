"""Both engines convert a recording into the same result."""

from dataclasses import replace
from functools import lru_cache

import mlx.core as mx
import numpy as np
import pytest

from testing.rvc import tiny, voices
from testing.rvc.joins import likeness
from testing.rvc.pieces import Floats, spoken, whole
from tests.rvc_mlx import twins
from tests.rvc_mlx.likeness import correlation
from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.peaks import decode
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.strip import strip_of

SIZES = voices.narrow()
RECORDING = spoken(1.9)


def sound(conversion: RvcConversion, settings: RvcSettings | None = None) -> Floats:
    return conversion.convert(whole(RECORDING, conversion.sizes.rate), settings or RvcSettings(seed=3)).samples


@lru_cache(maxsize=1)
def ours() -> Floats:
    return sound(twins.conversion(SIZES))


@pytest.mark.parametrize(
    "settings", [RvcSettings(), RvcSettings(transpose=5.0, formant=2.0, seed=9, speaker=1), RvcSettings(protect=0.1)]
)
def test_the_waveform_matches_torch(settings: RvcSettings) -> None:
    one, other = (sound(twin, settings) for twin in (twins.conversion(SIZES), voices.conversion(SIZES)))
    assert len(one) == len(other)
    assert correlation(one, other) >= 0.9999
    assert np.abs(one - other).max() <= 1e-4


@pytest.mark.parametrize("sizes", [tiny.voice("40k", content=twins.PROJECTED), tiny.voice("48k v2", has_pitch=False)])
def test_voices_of_all_kinds_match_torch(sizes: SynthesizerSizes) -> None:
    assert correlation(sound(twins.conversion(sizes)), sound(voices.conversion(sizes))) >= 0.9999


def test_what_is_known_from_one_voice_serves_another_to_the_bit() -> None:
    piece = whole(RECORDING, SIZES.rate)
    known = twins.conversion(SIZES).convert(replace(piece, known={}), RvcSettings()).known
    again = RvcSettings(transpose=4.0, seed=5)
    converted = twins.conversion(SIZES).convert(replace(piece, known=known), again)
    np.testing.assert_array_equal(converted.samples, twins.conversion(SIZES).convert(piece, again).samples)
    assert {"content, known", "pitch, known"} <= converted.stages.keys()


def test_the_pitch_matches_torch() -> None:
    strip = strip_of(whole(RECORDING, SIZES.rate))
    window = strip.pitch_window(0, strip.frames)[None]
    one, other = (decode(nets.peaks(window).here()[0]) for nets in (twins.nets(SIZES), voices.nets(SIZES)))
    assert np.array_equal(one > 0, other > 0)
    voiced = one > 0
    assert voiced.any()
    assert np.abs(1200.0 * np.log2(one[voiced] / other[voiced])).max() <= 1.0


@pytest.mark.parametrize(("dtype", "method"), [(mx.float16, "rmvpe"), (mx.bfloat16, "dio")])
def test_half_precision_sounds_the_same(dtype: mx.Dtype, method: str) -> None:
    settings = RvcSettings(pitch_method=method, seed=3)
    half, single = (sound(twins.conversion(SIZES, dtype=kind), settings) for kind in (dtype, mx.float32))
    assert np.abs(half - single).max() > 1e-6
    assert correlation(half, single) >= 0.99
    assert likeness(half, single) >= 0.999


@pytest.mark.parametrize(("windows", "tiles", "tile"), [(1, 3, 64), (2, 7, 64), (4, 2, 50)])
def test_batches_and_tiles_make_no_difference(windows: int, tiles: int, tile: int) -> None:
    other = sound(twins.conversion(SIZES, windows, tiles, tile))
    assert np.abs(other - ours()).max() <= 1e-4

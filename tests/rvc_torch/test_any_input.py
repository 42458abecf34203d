from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testing.rvc import tiny
from testing.rvc.pieces import Floats, atom, whole
from testing.rvc.voices import conversion, narrow
from workers.engines.rvc.architecture import ANALYSIS_RATE, CONTENT_HOP
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.settings import RvcSettings

#: Frames of a tile: few, because most of these recordings are short.
TILE = 16


@lru_cache
def voice(table: str, *, has_pitch: bool) -> RvcConversion:
    sizes = narrow(has_pitch=has_pitch) if table == "24k" else tiny.voice(table, has_pitch=has_pitch)
    return conversion(sizes, tile=TILE)


@st.composite
def recordings(draw: st.DrawFn) -> Floats:
    """Short recordings of any kind and loudness, from silence to the largest values that a device could send."""
    count = draw(st.one_of(st.integers(1, 700), st.integers(1, 2500)))
    kind = draw(st.sampled_from(["constant", "noise", "impulse", "alternating", "tone"]))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    shapes = {
        "constant": np.ones(count),
        "noise": rng.uniform(-1.0, 1.0, count),
        "impulse": np.arange(count) == rng.integers(count),
        "alternating": (-1.0) ** np.arange(count),
        "tone": np.sin(2.0 * np.pi * 200.0 * np.arange(count) / ANALYSIS_RATE),
    }
    loud = draw(st.sampled_from([0.0, 1e-40, 1e-20, 1e-4, 0.5, 1.0, 30.0, 1e10, 1e20, 1e30]))
    return np.asarray(loud * shapes[kind], np.float32)


@given(recordings(), st.booleans(), st.sampled_from([0.0, 5.0]))
@settings(max_examples=20)
def test_any_recording_gives_numbers_within_full_scale(recording: Floats, has_pitch: bool, formant: float) -> None:
    made = voice("24k", has_pitch=has_pitch)
    samples = made.convert(whole(recording, made.sizes.rate), RvcSettings(formant=formant)).samples
    assert samples.dtype == np.float32
    assert len(samples) == len(recording) * made.sizes.rate // ANALYSIS_RATE
    assert np.isfinite(samples).all()
    assert np.abs(samples).max(initial=0.0) <= 1.0


@pytest.mark.parametrize("method", ["rmvpe", "dio"])
@pytest.mark.parametrize("loud", [0.0, 1e-20, 1.0, 1e30])
def test_pitch_methods_accept_any_loudness(loud: float, method: str) -> None:
    made = voice("24k", has_pitch=True)
    recording = np.asarray(loud * np.sin(np.arange(3000) / 13.0), np.float32)
    samples = made.convert(whole(recording, made.sizes.rate), RvcSettings(pitch_method=method)).samples
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1.0


@given(
    st.sampled_from(["24k", "40k", "48k v2"]),
    st.integers(0, 40),
    st.integers(1, 6000),
    st.integers(0, 3000),
    st.sampled_from([0.0, 0.7, -7.0]),
)
@settings(max_examples=20)
def test_an_atom_comes_out_exactly_as_long_as_requested(
    table: str, first_frame: int, length: int, after: int, formant: float
) -> None:
    """Atoms begin on the grid, and all but a recording's last also end on it."""
    made = voice(table, has_pitch=False)
    start = first_frame * CONTENT_HOP
    stop = start + (-(-length // CONTENT_HOP) * CONTENT_HOP if after else length)
    recording = np.random.default_rng(length).uniform(-0.3, 0.3, stop + after).astype(np.float32)
    piece = atom(recording, start, stop, made.sizes.rate)
    samples = made.convert(piece, RvcSettings(formant=formant)).samples
    assert len(samples) == stop * made.sizes.rate // ANALYSIS_RATE - start * made.sizes.rate // ANALYSIS_RATE

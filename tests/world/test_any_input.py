from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.sample.recording import generate
from storage.audio.highpass import ZeroPhaseHighPass
from storage.audio.resample import StreamResampler
from storage.errors import ConversionError
from tests.world.recordings import RATE, atom, loudness, singing_and_speech, voice, whole
from workers.engines.samples import Samples
from workers.engines.voice import Piece

Signal = Callable[[int], Samples]


def square(length: int) -> Samples:
    return np.where(np.arange(length) // 60 % 2, 1.0, -1.0).astype(np.float32)


SIGNALS: dict[str, Signal] = {
    "silence": lambda length: np.zeros(length, np.float32),
    "constant": lambda length: np.full(length, 0.7, np.float32),
    "square": square,
    "denormals": lambda length: np.full(length, 1e-42, np.float32) * square(length),
    "click": lambda length: (np.arange(length) == length // 2).astype(np.float32),
    "noise": lambda length: np.random.default_rng(1).uniform(-1, 1, length).astype(np.float32),
}


@pytest.mark.parametrize("name", sorted(SIGNALS))
@given(length=st.integers(1, 3000), first=st.integers(0, 10**9), trim=st.integers(0, 400))
@settings(max_examples=12, deadline=None)
def test_any_input_gives_its_own_length_in_finite_samples(name: str, length: int, first: int, trim: int) -> None:
    start = first + min(trim, length - 1)
    piece = Piece(SIGNALS[name](length), first, start, first + length, start, first + length)
    samples = voice("bright").convert(piece, {}).samples
    assert samples.dtype == np.float32
    assert len(samples) == first + length - start
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() < 20.0


@pytest.mark.parametrize("length", [1, 119, RATE])
def test_silence_stays_below_the_last_of_24_bits(length: int) -> None:
    assert np.abs(voice("whisper").convert(whole(np.zeros(length, np.float32)), {}).samples).max() < 2.0**-24


def test_one_sample_more_than_there_is_can_be_asked_for() -> None:
    recording, _ = singing_and_speech(2.0)
    samples = voice("plain").convert(Piece(recording, 0, 0, len(recording), 0, len(recording) + 1), {}).samples
    assert len(samples) == len(recording) + 1


@pytest.mark.parametrize("start", [40_800, 40_813])
def test_an_atom_without_context_is_still_converted(start: int) -> None:
    recording, _ = singing_and_speech(8.0)
    samples = voice("plain").convert(atom(recording, start, 4 * RATE, 0.0), {}).samples
    assert len(samples) == 4 * RATE - start
    assert abs(loudness(samples) - loudness(recording[start : 4 * RATE])) < 2.0


def test_values_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(ConversionError, match="not finite"):
        voice("plain").convert(whole(np.full(100, np.nan, np.float32)), {})


def test_a_voice_with_almost_empty_upper_bands_stays_finite() -> None:
    """Downsampled or filtered sound can have bands so empty that the analysis divides zero by zero."""
    blocks = [block.samples for block in generate(8.0, 44_100, 1)]
    resampler, highpass = StreamResampler(44_100, RATE), ZeroPhaseHighPass(RATE)
    prepared = [highpass.push(resampler.push(b)) for b in blocks]
    prepared += [highpass.push(resampler.finish()), highpass.finish()]
    samples = voice("bright").convert(whole(np.concatenate(prepared)), {}).samples
    assert np.isfinite(samples).all()

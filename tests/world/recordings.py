"""Recordings that the tests convert, and the two ways to convert them: whole and cut."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dispatcher.sample.recording import generate
from workers.engines.samples import Samples
from workers.engines.voice import Piece, Voice
from workers.engines.world.conversion import WorldConversion
from workers.engines.world.engine import ENGINE
from workers.engines.world.recipe import VOICES

RATE = ENGINE.rate_in


@cache
def singing_and_speech(seconds: float) -> tuple[Samples, npt.NDArray[np.float64]]:
    blocks = list(generate(seconds, RATE, seed=1))
    return np.concatenate([block.samples for block in blocks]), np.concatenate([block.f0 for block in blocks])


def voice(name: str) -> Voice:
    return WorldConversion(VOICES[name])


@cache
def converted(name: str, seconds: float) -> Samples:
    """The recording in this voice, converted whole."""
    samples = voice(name).convert(whole(singing_and_speech(seconds)[0]), {}).samples
    samples.flags.writeable = False
    return samples


def whole(samples: Samples) -> Piece:
    return Piece(samples, 0, 0, len(samples), 0, len(samples))


def atom(recording: Samples, start: int, stop: int, context_seconds: float) -> Piece:
    context = round(context_seconds * RATE)
    first = max(0, start - context)
    return Piece(recording[first : stop + context], first, start, stop, start, stop)


def convert_in_atoms(
    name: str, recording: Samples, cuts: Sequence[int], context_seconds: float = ENGINE.context_seconds
) -> Samples:
    ends = [0, *cuts, len(recording)]
    atoms = [atom(recording, *span, context_seconds) for span in pairwise(ends)]
    return np.concatenate([voice(name).convert(each, {}).samples for each in atoms])


def decibels(samples: Samples) -> npt.NDArray[np.float64]:
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), 1024)[::240]
    spectra: npt.NDArray[np.float64] = 20.0 * np.log10(np.abs(np.fft.rfft(frames * np.hanning(1024))) + 1e-5)
    return spectra


def correlation(one: Samples, other: Samples) -> float:
    return float(np.corrcoef(decibels(one).ravel(), decibels(other).ravel())[0, 1])


def loudness(samples: Samples) -> float:
    return float(10.0 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-30))

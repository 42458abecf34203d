"""Recordings as an engine receives them: in one piece, or cut into atoms with the context that it asks for."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from workers.engines.rvc.architecture import ANALYSIS_RATE, CONTENT_HOP
from workers.engines.rvc.strip import CONTEXT
from workers.engines.samples import Samples
from workers.engines.voice import Piece

Floats = npt.NDArray[np.float32]


def atom(recording: Samples, start: int, stop: int, rate: int, context: int = CONTEXT * CONTENT_HOP) -> Piece:
    """The atom `start..stop` with its context, to be delivered at this rate."""
    first = max(start - context, 0)
    out = (start * rate // ANALYSIS_RATE, stop * rate // ANALYSIS_RATE)
    return Piece(recording[first : stop + context], first, start, stop, *out)


def whole(recording: Samples, rate: int) -> Piece:
    """A recording in one piece."""
    return atom(recording, 0, len(recording), rate)


def atoms(recording: Samples, cuts: list[int], rate: int) -> list[Piece]:
    """A recording cut at these samples."""
    edges = [0, *cuts, len(recording)]
    return [atom(recording, left, right, rate) for left, right in pairwise(edges)]


def sung(seconds: float, hertz: float = 220.0, seed: int = 0) -> Floats:
    """One long note with harmonics and a little breath."""
    time = np.arange(round(seconds * ANALYSIS_RATE)) / ANALYSIS_RATE
    note = sum(np.sin(2.0 * np.pi * hertz * n * time) / n for n in range(1, 9))
    breath = np.random.default_rng(seed).standard_normal(len(time))
    return np.asarray(0.15 * note + 0.003 * breath, np.float32)


def spoken(seconds: float, seed: int = 0) -> Floats:
    """Gliding syllables, alternately loud and soft, with hiss and pauses between them."""
    time = np.arange(round(seconds * ANALYSIS_RATE)) / ANALYSIS_RATE
    hertz = 160.0 + 40.0 * np.sin(2.0 * np.pi * 0.7 * time) + 15.0 * np.sin(2.0 * np.pi * 2.3 * time)
    phase = 2.0 * np.pi * np.cumsum(hertz) / ANALYSIS_RATE
    tone = sum(np.sin(n * phase) / n for n in range(1, 12))
    loud = np.clip(np.sin(2.0 * np.pi * 1.9 * time) + 0.5, 0.0, 1.0)
    hiss = np.random.default_rng(seed).standard_normal(len(time)) * np.clip(-np.sin(2.0 * np.pi * 1.9 * time), 0.0, 1.0)
    return np.asarray(0.15 * tone * loud + 0.02 * hiss, np.float32)

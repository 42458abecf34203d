"""How loud each band is, a hundred times a second: what dropped out, what has moved, and how far the sound is off."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatcher.quality.mel import HOP, RATE, Floats, MelShape, mel_frames
from storage.audio.blocks import Mono

_SHAPE = MelShape(window=400, bands=24)
#: Frames a second.
FRAMES = RATE // HOP
#: Decibels: what is told of silence, and how far below the loud moments something is heard, and is silent.
_QUIETEST, _HEARD, _SILENT = -120.0, -35.0, -55.0
#: The moments that count as loud, and seconds of silence from which something is missing.
_LOUD, _MISSING = 0.95, 0.06
#: Seconds that are laid beside each other to see whether they have moved, from one such to the next, how far is looked,
#: and how much better they must fit elsewhere, as correlations.
_BESIDE, _STEP, _FAR, _BETTER, _FITS = 6.0, 2.0, 3.0, 0.15, 0.6
#: Seconds that a move must have, and that two differ by.
_MOVED = 0.04

Levels = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gap:
    """Seconds between which the source is heard and the result is silent."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Move:
    """From these seconds on, the result is early by so much, or late if it is below zero."""

    seconds: float
    early: float


class EnvelopeEar:
    """Hears a recording of 16 kHz in pieces of any length."""

    def __init__(self) -> None:
        # Frames lie around their moments, so there is half a window of silence before the first.
        self._held: Mono = np.zeros(_SHAPE.window // 2, np.float32)
        self._bands: list[Floats] = []

    def push(self, samples: Mono) -> None:
        """More of it."""
        self._held = np.concatenate([self._held, samples])
        whole = (len(self._held) - _SHAPE.window) // HOP + 1
        if whole > 0:
            self._bands.append(mel_frames(self._held[: (whole - 1) * HOP + _SHAPE.window], _SHAPE))
            self._held = self._held[whole * HOP :]

    def finish(self) -> Floats:
        """`[frames, bands]` of power."""
        self.push(np.zeros(_SHAPE.window // 2, np.float32))
        return np.concatenate(self._bands) if self._bands else np.zeros((0, _SHAPE.bands), np.float32)


def levels(power: Floats) -> Levels:
    """The level of each frame, in decibels below the loud moments of the recording."""
    decibels = 10.0 * np.log10(np.maximum(power.sum(axis=1, dtype=np.float64), 10.0 ** (_QUIETEST / 10.0)))
    below: Levels = decibels - (np.quantile(decibels, _LOUD) if len(decibels) else 0.0)
    return below


def silence(power: Floats) -> float:
    """The share of the recording in which nothing is heard."""
    return float((levels(power) < _SILENT).mean()) if len(power) else 1.0


def gaps(source: Floats, result: Floats) -> list[Gap]:
    """Where the source is heard and the result is silent, for longer than a plosive."""
    frames = min(len(source), len(result))
    missing = (levels(source)[:frames] > _HEARD) & (levels(result)[:frames] < _SILENT)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(np.int8))).tolist()
    found = [Gap(start / FRAMES, end / FRAMES) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return [gap for gap in found if gap.end - gap.start >= _MISSING]


def moves(source: Floats, result: Floats) -> list[Move]:
    """Where the result ceases to be at the source's pace, because something was lost or put in."""
    one, other = (np.maximum(levels(power), _SILENT) for power in (source, result))
    size, far = round(_BESIDE * FRAMES), round(_FAR * FRAMES)
    # Where there is no result, nothing fits.
    around = np.pad(other, (far, far + size), constant_values=_SILENT)
    found: list[Move] = []
    early = 0.0
    for start in range(0, max(len(one) - size, 0) + 1, round(_STEP * FRAMES)):
        some = one[start : start + size]
        lag = _lag(some, around[start : start + 2 * far + len(some)], early)
        if lag is not None and abs(lag - early) >= _MOVED:
            early = lag
            found.append(Move(start / FRAMES, early))
    return found


def _lag(some: Levels, around: Levels, expected: float) -> float | None:
    """By how many seconds a stretch of the source comes early in the result; None where that cannot be told.

    It is looked for in what lies around its place in the result.
    """
    far, size = round(_FAR * FRAMES), len(some)
    if size < FRAMES or float(some.std()) < 1.0 or len(around) < 2 * far + size:
        return None
    fits = _correlations(some, np.lib.stride_tricks.sliding_window_view(around, size))[::-1]
    usual, best = far + round(expected * FRAMES), int(fits.argmax())
    if not 0 <= usual < len(fits):
        return None
    is_better = fits[best] > _FITS and fits[best] > fits[usual] + _BETTER
    return (best - far) / FRAMES if is_better else None


def _correlations(one: Levels, others: Levels) -> Levels:
    """How well each row of the others follows the one, up to 1."""
    centred = one - one.mean()
    # The mean of a row drops out, since the one has none.
    means = others.mean(axis=1)
    spreads = np.sqrt(np.maximum(np.einsum("ij,ij->i", others, others) / len(one) - means**2, 1e-12) * len(one))
    found: Levels = (others @ centred) / (spreads * float(np.linalg.norm(centred)))
    return found


def distance(source: Floats, result: Floats) -> float | None:
    """The mean difference in decibels, band by band, where both are heard: without what one is brighter throughout."""
    frames = min(len(source), len(result))
    heard = (levels(source)[:frames] > _HEARD) & (levels(result)[:frames] > _HEARD)
    if not heard.any():
        return None
    floor = 10.0 ** (_QUIETEST / 10.0)
    apart = 10.0 * np.log10(np.maximum(result[:frames][heard], floor) / np.maximum(source[:frames][heard], floor))
    return float(np.abs(apart - np.median(apart, axis=0)).mean())

"""Whether the result sings what the source sang: the pitch of both, frame by frame."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatcher.quality.mel import RATE
from storage.audio.blocks import Mono

Pitch = npt.NDArray[np.float64]
#: Frames a second.
FRAMES = 100
#: Hertz between which a voice is looked for, from a bass to a soprano.
LOW, HIGH = 55.0, 1100.0
#: Seconds that are looked at together, and those on both sides by which it is known how they go on.
_TOGETHER, _MARGIN = 60, 1
#: How sure SwiftF0 must be that a frame is voiced, and the samples between its frames.
_CONFIDENT, _SWIFT_HOP = 0.5, 256
#: Cents beyond which a frame is another note: half a semitone.
ANOTHER_NOTE = 50.0
#: Cents from which it is a jump: half an octave.
_JUMP = 600.0
_CENTS = 1200.0
#: Frames voiced in both without which nothing can be said: half a second.
_FEWEST = 50


@dataclass(frozen=True, slots=True)
class PitchLikeness:
    """How far the result's pitch is from the source's, moved by as much as it should be."""

    moved_semitones: float
    """By how much the result is higher than the source, in the median."""
    expected_semitones: float
    """By how much it should be; if nobody said, as much as it is."""
    rmse_hz: float | None
    rmse_cents: float | None
    """Both without jumps; None where there is nothing else."""
    jumps: float
    """The share of frames, voiced in both, that are half an octave off or more. Finders of pitch take one note for its
    octave now and then, and so few frames would drown all others.
    """
    other_notes: float
    """The share of frames, voiced in both, that are another note."""
    voicing_errors: float
    """The share of all frames that are voiced in one alone."""

    def is_within(self, hertz: float) -> bool:
        """Whether the error is smaller than this."""
        return self.rmse_hz is not None and self.rmse_hz < hertz


class PitchFinder:
    """Hears a recording of 16 kHz in pieces of any length."""

    def __init__(self) -> None:
        self._find = _finder()
        self._held: Mono = np.zeros(0, np.float32)
        self._before = 0
        """Samples of what is held that only say how it began."""
        self._found: list[Pitch] = []

    def push(self, samples: Mono) -> None:
        """More of it."""
        self._held = np.concatenate([self._held, samples])
        while len(self._held) - self._before >= (_TOGETHER + _MARGIN) * RATE:
            stop = self._before + _TOGETHER * RATE
            self._look(self._held[: stop + _MARGIN * RATE], stop)
            self._held = self._held[stop - _MARGIN * RATE :]
            self._before = _MARGIN * RATE

    def finish(self) -> Pitch:
        """The pitch in hertz a hundred times a second, zero where there is none."""
        if len(self._held) > self._before:
            self._look(self._held, len(self._held))
        return np.concatenate(self._found) if self._found else np.zeros(0)

    def _look(self, samples: Mono, stop: int) -> None:
        pitch = self._find(samples)
        hop = RATE // FRAMES
        self._found.append(pitch[self._before // hop : -(-stop // hop)])


def pitch_likeness(source: Pitch, result: Pitch, expected: float | None) -> PitchLikeness | None:
    """Compare two pitch tracks; None where too little is voiced in both. `expected` is in semitones."""
    frames = min(len(source), len(result))
    one, other = source[:frames], result[:frames]
    both = (one > 0.0) & (other > 0.0)
    if both.sum() < _FEWEST:
        return None
    moved = _CENTS * np.log2(other[both] / one[both])
    middle = float(np.median(moved)) / 100.0
    wanted = middle if expected is None else expected
    distance = moved - 100.0 * wanted
    near = np.abs(distance) < _JUMP
    hertz = (other[both] - one[both] * 2.0 ** (wanted / 12.0))[near]
    return PitchLikeness(
        moved_semitones=middle,
        expected_semitones=wanted,
        rmse_hz=float(np.sqrt(np.mean(hertz**2))) if near.any() else None,
        rmse_cents=float(np.sqrt(np.mean(distance[near] ** 2))) if near.any() else None,
        jumps=float((~near).mean()),
        other_notes=float((np.abs(distance) > ANOTHER_NOTE).mean()),
        voicing_errors=float(((one > 0.0) != (other > 0.0)).mean()),
    )


def _finder() -> Callable[[Mono], Pitch]:
    return _swift if find_spec("swift_f0") else _harvested


def finder_name() -> str:
    """What finds the pitch here."""
    return "SwiftF0" if find_spec("swift_f0") else "WORLD's Harvest"


def _swift(samples: Mono) -> Pitch:
    # Its own frames are 16 ms apart, in the middle of so many samples.
    found = _net().detect(np.pad(samples, (0, _SWIFT_HOP)), RATE, fmin=LOW, fmax=HIGH)
    pitch = np.where(found.confidence >= _CONFIDENT, found.pitch_hz, 0.0)
    places = np.arange(len(samples) * FRAMES // RATE) / FRAMES
    nearest = np.clip(np.searchsorted(found.timestamps, places), 1, max(len(pitch) - 1, 1))
    left = np.clip(nearest - 1, 0, len(pitch) - 1)
    right = np.clip(nearest, 0, len(pitch) - 1)
    way = np.clip((places - found.timestamps[left]) * RATE / _SWIFT_HOP, 0.0, 1.0)
    voiced = (pitch[left] > 0.0) & (pitch[right] > 0.0)
    between = np.exp2(
        (1.0 - way) * np.log2(np.maximum(pitch[left], 1.0)) + way * np.log2(np.maximum(pitch[right], 1.0))
    )
    return np.where(voiced, between, np.where(way < 0.5, pitch[left], pitch[right]))


@cache
def _net() -> Any:
    """The detector; one thread of it, because source and result are heard side by side."""
    return import_module("swift_f0").SwiftF0(threads=1)


def _harvested(samples: Mono) -> Pitch:
    from workers.engines.vocoder import WORLD

    found, _ = WORLD.harvest(samples.astype(np.float64), RATE, f0_floor=LOW, f0_ceil=HIGH, frame_period=1000.0 / FRAMES)
    pitch: Pitch = found[: len(samples) * FRAMES // RATE]
    return pitch

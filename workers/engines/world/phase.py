"""Places the pulses of the voice so that separately converted atoms continue one train of pulses."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from workers.engines.world.frames import HOP, RATE, Waveform
from workers.engines.world.pitch import Pitch

#: Frames (2 s) from anchor to anchor, counted from the start of the recording. Between two anchors the pitch is bent
#: by at most half a cycle: 6 cents in the middle for a voice at 150 Hz, less than any singer wavers. Anchors further
#: apart would bend it even less, but an atom must see all the way to the anchors around its ends.
ANCHOR_STEP = 400


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive voiced frames, including the last."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class PhasedStretch:
    """The pitch and the phase, in cycles, at every sample of a stretch, which begins at the strip's sample `start`."""

    start: int
    pitch: Waveform
    phase: Waveform


def voiced_stretches(pitch: Pitch) -> list[Stretch]:
    """All runs of voiced frames."""
    voiced = np.concatenate([[False], pitch > 0.0, [False]])
    edges = np.flatnonzero(voiced[1:] != voiced[:-1])
    return [Stretch(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]


def anchors(stretch: Stretch, first: int) -> list[int]:
    """The frames at which the stretch must be half way between two pulses, in a strip that begins at frame `first`.

    They depend on the recording alone, not on where it was cut: every atom that sees the stretch from an anchor on gets
    the same pulses. A stretch that meets no anchor is anchored at its beginning.
    """
    inside = range(-(-(first + stretch.first) // ANCHOR_STEP) * ANCHOR_STEP, first + stretch.last + 1, ANCHOR_STEP)
    return [frame - first for frame in inside] or [stretch.first]


def phased(pitch: Pitch, first: int) -> Iterator[PhasedStretch]:
    """Every voiced stretch of a strip with its phase, one frame longer on both sides, which its filters fade out."""
    for stretch in voiced_stretches(pitch):
        begin = max(stretch.first - 1, 0)
        end = min(stretch.last + 1, len(pitch) - 1)
        held = pitch[np.clip(np.arange(begin, end + 1), stretch.first, stretch.last)]
        by_sample = np.interp(np.arange((end - begin) * HOP + 1) / HOP, np.arange(len(held)), held)
        held_at = [(frame - begin) * HOP for frame in anchors(stretch, first)]
        yield PhasedStretch(begin * HOP, by_sample, _phase(by_sample, held_at))


def _phase(pitch: Waveform, held_at: list[int]) -> Waveform:
    """The phase in cycles, a whole number at each of these samples."""
    cycles = np.concatenate([[0.0], np.cumsum((pitch[1:] + pitch[:-1]) / (2.0 * RATE))])
    phase: Waveform = cycles - cycles[held_at[0]]
    for left, right in pairwise(held_at):
        missing = np.round(phase[right]) - phase[right]
        phase[left:] += missing * _ease(len(phase) - left, right - left)
    return phase


def _ease(length: int, full: int) -> Waveform:
    """A curve from 0 to 1 at `full`, then constant; flat at both ends, so the pitch is never bent at an anchor."""
    way = np.minimum(np.arange(length) / full, 1.0)
    eased: Waveform = way - np.sin(2.0 * np.pi * way) / (2.0 * np.pi)
    return eased


def pulse_places(stretch: PhasedStretch) -> Waveform:
    """The fractional samples at which the phase is half way between two whole numbers."""
    halves = np.arange(np.ceil(stretch.phase[0] - 0.5), np.floor(stretch.phase[-1] - 0.5) + 1.0) + 0.5
    places: npt.NDArray[np.float64] = np.interp(halves, stretch.phase, np.arange(len(stretch.phase), dtype=float))
    return places + stretch.start

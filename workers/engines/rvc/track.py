"""The generator's input, frame by frame: the latent, and the phase and pitch of the voice's sine."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workers.engines.rvc.framework import Floats
from workers.engines.rvc.phase import FRAMES_PER_SECOND, Phased
from workers.engines.rvc.resampling import needed, speed_up
from workers.engines.samples import Samples


@dataclass(frozen=True, slots=True)
class Track:
    """Generator frames that begin with the absolute frame `start`; `first..last` of them are wanted."""

    start: int
    first: int
    last: int
    latent: Any
    """`[frames, width]`, wherever the generator wants it."""
    sine: Phased


def plain_track(latent: Any, sine: Phased, start: int, first: int, last: int) -> Track:
    """A track with one generator frame for every pitch frame."""
    return Track(start, first, last, latent, sine)


def stretched_track(latent: Floats, sine: Phased, start: int, first: int, last: int, ratio: float, frame: int) -> Track:
    """A track with `ratio` times as many generator frames, and a sine that is lower by the same factor.

    Read `ratio` times as fast, it gives the same words in the same time at the same pitch, with resonances that are
    `ratio` times as high.
    """
    begins, ends = needed(ratio, (start + first) * frame, (start + last) * frame)
    begin, end = math.floor(begins / frame), math.ceil(ends / frame)
    # Frames beyond the latent's ends are left out, because nothing is known there; the wanted ones are far from them.
    from_frame, to_frame = math.ceil(start * ratio), math.floor((start + len(latent)) * ratio)
    numbers = np.arange(from_frame, to_frame)
    return Track(
        start=from_frame,
        first=begin - from_frame,
        last=end - from_frame,
        latent=_between(latent, (numbers + 0.5) / ratio - 0.5 - start),
        sine=_slowed(sine, numbers / ratio - start, (numbers + 1) / ratio - start),
    )


def at_their_speed(samples: Samples, track: Track, ratio: float, frame: int, first: int, last: int) -> Samples:
    """The output samples `first..last`, read from the sound of a stretched track."""
    return speed_up(samples, ratio, first, last, (track.start + track.first) * frame)


def _between(latent: Floats, places: npt.NDArray[np.floating[Any]]) -> Floats:
    """The latent at places between frames, interpolated linearly."""
    places = places.clip(0.0, len(latent) - 1.0)
    left = np.minimum(places.astype(np.int64), len(latent) - 2)
    way = (places - left).astype(np.float32)[:, None]
    between: Floats = latent[left] * (1.0 - way) + latent[left + 1] * way
    return between


def _slowed(sine: Phased, begins: npt.NDArray[np.float64], ends: npt.NDArray[np.float64]) -> Phased:
    """The sine of new frames, which are at `begins..ends` on the scale of the frames for which it is known.

    A frame is voiced if its middle is. Its sine advances by the cycles counted in the known frames, so that it does not
    jump where the pitch changes within a frame.
    """
    frames = np.arange(len(sine.f0) + 1)
    cycles = np.concatenate([[0.0], np.cumsum(sine.f0)]) / FRAMES_PER_SECOND
    middle = ((begins + ends) / 2.0).astype(np.int64).clip(0, len(sine.f0) - 1)
    voiced = sine.f0[middle] > 0.0
    begin, end = np.interp(begins, frames, cycles), np.interp(ends, frames, cycles)
    phase = sine.phase[middle] + begin - cycles[middle]
    f0 = (end - begin) * FRAMES_PER_SECOND
    return Phased(np.where(voiced, phase - np.floor(phase), 0.0), np.where(voiced, f0, 0.0))

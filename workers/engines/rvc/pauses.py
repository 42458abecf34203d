"""Finds the pauses of a recording: where nothing is heard, there is nothing to convert."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from workers.engines.rvc.architecture import PITCH_HOP
from workers.engines.rvc.strip import CONTEXT, Strip, wanted_frames
from workers.engines.samples import Samples
from workers.engines.voice import Piece

Gain = npt.NDArray[np.float32]

#: -60 dB of full scale: softer than the noise of a quiet room, louder than a muted channel.
HEARD = 0.001
#: Frames (10 ms) kept around whatever is heard: the breath before a word and the reverberation after it.
KEPT = 25
#: Frames over which the voice fades in and out, so that nothing clicks.
FADE = 4
#: Frames between two sounding stretches from which it pays to stop the generator and start it again: each start costs
#: margins.
WORTH_A_STOP = 64
#: Frames from which it pays to stop and restart all nets: each start costs context on both sides.
WORTH_A_PART = 4 * CONTEXT


def gains(strip: Strip) -> Gain:
    """The voice's gain in every 10-ms frame of the strip: 0 in a pause, 1 elsewhere, with slopes between.

    It depends only on what is heard within 0.3 s, so a recording has the same pauses however it is cut.
    """
    frames = strip.samples[: 2 * strip.frames * PITCH_HOP].reshape(-1, PITCH_HOP)
    heard = np.abs(frames).max(axis=1) > HEARD
    kept = _around(heard, KEPT) > 0
    sloped: Gain = (_around(kept, FADE) / (2 * FADE + 1)).astype(np.float32)
    return sloped


def _around(frames: npt.NDArray[np.bool_], reach: int) -> npt.NDArray[np.int64]:
    """For each frame, how many of the frames within this reach are true."""
    return np.convolve(frames.astype(np.int64), np.ones(2 * reach + 1, np.int64), "same")


def sounding(gain: Gain, first: int, last: int, apart: int = WORTH_A_STOP) -> list[tuple[int, int]]:
    """The stretches of the frames `first..last` in which something sounds; those closer than `apart` are joined."""
    sounds = first + np.flatnonzero(gain[first:last])
    if not len(sounds):
        return []
    gaps = np.flatnonzero(np.diff(sounds) > apart)
    edges = [0, *(gaps + 1), len(sounds)]
    return [(int(sounds[left]), int(sounds[right - 1]) + 1) for left, right in pairwise(edges)]


def parts(piece: Piece, strip: Strip, gain: Gain, frame: int) -> list[Piece]:
    """The parts of an atom to convert separately, with long silences between them."""
    first, last = wanted_frames(piece, strip)
    found = []
    for begin, end in sounding(gain, first, last, WORTH_A_PART):
        begins, ends = strip.first_pitch_frame + begin, strip.first_pitch_frame + end
        part = replace(
            piece,
            start=max(begins * PITCH_HOP, piece.start),
            stop=min(ends * PITCH_HOP, piece.stop),
            out_start=max(begins * frame, piece.out_start),
            out_stop=min(ends * frame, piece.out_stop),
        )
        found.append(part)
    return found


def with_pauses(samples: Samples, gain: Gain, first: int, frame: int) -> Samples:
    """Samples at the voice's rate, `frame` of them per frame, with their pauses silent.

    They begin `first` samples after the first frame of the gain.
    """
    if (gain == 1.0).all():
        return samples
    # The gain is set at the edges of frames, so that a frame without gain is silent from its first sample to its last.
    edges = np.minimum(np.append(gain, gain[-1]), np.insert(gain, 0, gain[0]))
    places = np.arange(first, first + len(samples)) + 0.5
    silenced: Samples = (samples * np.interp(places, np.arange(len(edges)) * frame, edges)).astype(np.float32)
    return silenced

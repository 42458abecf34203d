"""The stretch of a recording that the nets see for one atom, on the frame grid of the whole recording."""

from dataclasses import dataclass

import numpy as np

from workers.engines.rvc.architecture import CONTENT_HOP, PITCH_HOP
from workers.engines.rvc.windows import whole_steps
from workers.engines.samples import Samples
from workers.engines.voice import Piece

#: Content frames (2.24 s) on both sides of an atom: room for the anchors of the phase, 1.5 s apart, and for the edges
#: where the nets hear that the recording was cut.
CONTEXT = 112
#: Samples beyond its last frame that the content encoder needs.
TAIL = 80


@dataclass(frozen=True, slots=True)
class Strip:
    """Samples on the grid: `frames` content frames, beginning with the absolute content frame `first`, and the tail."""

    samples: Samples
    first: int
    frames: int

    @property
    def first_pitch_frame(self) -> int:
        """The absolute 10-ms frame that it begins with."""
        return 2 * self.first

    def window(self, first: int, last: int) -> Samples:
        """The samples of these content frames and the tail."""
        return self.samples[first * CONTENT_HOP : last * CONTENT_HOP + TAIL]

    def pitch_window(self, first: int, last: int) -> Samples:
        """The samples from which the pitch net makes two frames for each of these."""
        return self.samples[first * CONTENT_HOP : last * CONTENT_HOP - PITCH_HOP]


def strip_of(piece: Piece) -> Strip:
    """An atom with its context, mirrored where the recording has none, as it was when the voices were trained."""
    first = piece.start // CONTENT_HOP - CONTEXT
    frames = whole_steps(-(-piece.stop // CONTENT_HOP) + CONTEXT - first)
    begin, end = first * CONTENT_HOP, (first + frames) * CONTENT_HOP + TAIL
    held = piece.samples[max(begin - piece.first, 0) : end - piece.first]
    before = max(piece.first - begin, 0)
    # No recording is louder than full scale, and such samples would overflow when they are first squared.
    samples = _mirrored(held, before, end - begin - before - len(held))
    return Strip(np.clip(samples, -1.0, 1.0, out=samples), first, frames)


def _mirrored(held: Samples, before: int, after: int) -> Samples:
    """Samples with so many more on both sides, mirrored at the first and the last, as often as it takes."""
    if max(before, after) >= len(held):
        return np.pad(held, (before, after), mode="reflect")
    return np.concatenate([held[before:0:-1], held, held[-2 : -after - 2 : -1]])


def wanted_frames(piece: Piece, strip: Strip) -> tuple[int, int]:
    """The atom's 10-ms frames, counted from the strip's beginning."""
    return piece.start // PITCH_HOP - strip.first_pitch_frame, -(-piece.stop // PITCH_HOP) - strip.first_pitch_frame

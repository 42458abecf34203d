"""The grid of analysis frames, counted from the start of the recording, and a piece's place on it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workers.engines.voice import Piece

Waveform = npt.NDArray[np.float64]

#: Hertz of input and output: 24 kHz keeps speech and song clear, and WORLD's cost grows with the rate.
RATE = 24_000

#: Samples from frame to frame: 5 ms, WORLD's own step. Frame k is at sample k * HOP of the recording.
HOP = 120

#: Frames of silence (100 ms) put around every piece: the pitch finder gives nothing for the outermost seven frames and
#: needs more than that to run at all, and a filter's tail needs a frame to begin in.
EDGE_FRAMES = 20


@dataclass(frozen=True, slots=True)
class Strip:
    """A piece on the frame grid with silence around it; `first` is the absolute number of its first frame."""

    signal: Waveform
    first: int

    @property
    def frames(self) -> int:
        """How many frames the strip has; the last one is on its last sample."""
        return (len(self.signal) - 1) // HOP + 1

    def seconds(self, frames: npt.NDArray[np.int64]) -> Waveform:
        """Where these absolute frames are within the strip, in seconds."""
        return (frames - self.first).astype(np.float64) * (HOP / RATE)

    def around(self, frames: npt.NDArray[np.int64]) -> "Strip":
        """The part of the strip with these consecutive frames and as many around them as at a strip's edges."""
        first = max(int(frames[0]) - EDGE_FRAMES, self.first)
        last = min(int(frames[-1]) + EDGE_FRAMES, self.first + self.frames - 1)
        return Strip(self.signal[(first - self.first) * HOP : (last - self.first) * HOP + 1], first)


def lay_out(piece: Piece) -> Strip:
    """Put a piece on the grid.

    The strip is one sample longer than a whole number of hops: only then does the pitch finder, when it thins the
    signal, keep the same samples of the recording whatever the piece's length.
    """
    first = piece.first // HOP - EDGE_FRAMES
    last = -(-(piece.first + len(piece.samples)) // HOP) + EDGE_FRAMES
    signal = np.zeros((last - first) * HOP + 1)
    offset = piece.first - first * HOP
    signal[offset : offset + len(piece.samples)] = piece.samples
    return Strip(signal, first)

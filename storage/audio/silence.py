"""Tells channels in which nothing was recorded from those that hold sound."""

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import Frames

#: The loudest sample of a channel without sound: one step of 16 bits, -90 dBFS. Dither alone reaches no further, and
#: nobody hears it.
SILENT = 2.0**-15


class SilentChannels:
    """Finds the channels whose samples are all silent, piece by piece."""

    def __init__(self, channels: int) -> None:
        self._peaks: npt.NDArray[np.float32] = np.zeros(channels, np.float32)

    def add(self, frames: Frames) -> None:
        """Count a piece."""
        if len(frames):
            # A value that is no number stays one, and then counts as sound, so that it is found and refused.
            np.maximum(self._peaks, np.maximum(frames.max(axis=0), -frames.min(axis=0)), out=self._peaks)

    @property
    def numbers(self) -> frozenset[int]:
        """The channels without sound so far, counted from 1."""
        return frozenset(int(at) + 1 for at in np.flatnonzero(self._peaks <= SILENT))

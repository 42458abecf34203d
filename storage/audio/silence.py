"""Tells channels in which nothing was recorded from those that hold sound."""

from storage.audio.blocks import Frames, Mono

#: The loudest sample of a channel without sound: one step of 16 bits, -90 dBFS. Dither alone reaches no further, and
#: nobody hears it.
SILENT = 2.0**-15


class SilentChannels:
    """Finds the channels whose samples are all silent, piece by piece."""

    def __init__(self, channels: int) -> None:
        self.numbers = frozenset(range(1, channels + 1))
        """The channels without sound so far, counted from 1."""

    def add(self, frames: Frames) -> None:
        """Count a piece; channels that have been heard are not looked at again."""
        self.numbers = frozenset(number for number in self.numbers if _is_silent(frames[:, number - 1]))


def _is_silent(samples: Mono) -> bool:
    """What is no number is no silence either, so that it is found and refused."""
    return not len(samples) or bool(samples.max() <= SILENT and samples.min() >= -SILENT)

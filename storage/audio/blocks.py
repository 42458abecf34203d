"""The types of samples used throughout the farm, and cutting a stream of samples into equal blocks."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

Mono = npt.NDArray[np.float32]
#: One row per frame, one column per channel.
Frames = npt.NDArray[np.float32]


class EqualBlocks:
    """Collects pieces of any length and hands them on as new blocks of one length."""

    def __init__(self, size: int, channels: int = 1) -> None:
        self._size = size
        self._shape = (size,) if channels == 1 else (size, channels)
        self._block: Mono | Frames = np.empty(self._shape, np.float32)
        self._filled = 0

    def push(self, piece: Mono | Frames) -> Iterator[Mono | Frames]:
        """Take a piece, and yield every block that became full."""
        taken = 0
        while taken < len(piece):
            part = piece[taken : taken + self._size - self._filled]
            self._block[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            taken += len(part)
            if self._filled == self._size:
                yield self._hand_over()

    def rest(self) -> Mono | Frames:
        """The samples left over: fewer than a block, perhaps none."""
        return self._hand_over()

    def _hand_over(self) -> Mono | Frames:
        full = self._block[: self._filled]
        # A new block each time, because the receiver may keep the old one.
        self._block = np.empty(self._shape, np.float32)
        self._filled = 0
        return full


def in_equal_blocks(pieces: Iterable[Mono | Frames], size: int, channels: int = 1) -> Iterator[Mono | Frames]:
    """The samples in blocks of one length, the last one possibly shorter; they do not depend on how they came in."""
    equal = EqualBlocks(size, channels)
    for piece in pieces:
        yield from equal.push(piece)
    if len(rest := equal.rest()):
        yield rest

"""The types of samples used throughout the farm, and cutting a stream of mono samples into equal blocks."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Mono = npt.NDArray[np.float32]
#: One row per frame, one column per channel.
Frames = npt.NDArray[np.float32]


class EqualBlocks:
    """Collects pieces of any length and hands them on as new blocks of one length."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._block: Mono = np.empty(size, np.float32)
        self._filled = 0

    def push(self, piece: Mono) -> Iterator[Mono]:
        """Take a piece, and yield every block that became full."""
        taken = 0
        while taken < len(piece):
            part = piece[taken : taken + self._size - self._filled]
            self._block[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            taken += len(part)
            if self._filled == self._size:
                yield self._hand_over()

    def rest(self) -> Mono:
        """The samples left over: fewer than a block, perhaps none."""
        return self._hand_over()

    def _hand_over(self) -> Mono:
        full = self._block[: self._filled]
        # A new block each time, because the receiver may keep the old one.
        self._block = np.empty(self._size, np.float32)
        self._filled = 0
        return full

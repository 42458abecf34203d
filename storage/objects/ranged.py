"""A remote object as a seekable file that fetches what is read, block by block."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class RangedReader(io.RawIOBase):
    """Reads of any size become requests of whole blocks; one block is kept, which is what streams need."""

    #: Big enough that a request's latency is small beside its transfer.
    BLOCK = 4 * 1024 * 1024

    def __init__(self, size: int, fetch: Callable[[int, int], bytes]) -> None:
        super().__init__()
        self.size = size
        self.fetch = fetch
        self.position = 0
        self.block_start = 0
        self.block = b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be moved about in."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere; nothing is fetched yet."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
        self.position = max(base + offset, 0)
        return self.position

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill the buffer as far as the block at this position goes."""
        view = memoryview(buffer).cast("B")
        if self.position >= self.size:
            return 0
        if not self.block_start <= self.position < self.block_start + len(self.block):
            self.block_start = self.position - self.position % self.BLOCK
            self.block = self.fetch(self.block_start, min(self.block_start + self.BLOCK, self.size))
        offset = self.position - self.block_start
        found = self.block[offset : offset + len(view)]
        view[: len(found)] = found
        self.position += len(found)
        return len(found)

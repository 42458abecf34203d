"""A remote object as a seekable file that fetches what is read, block by block."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from storage.errors import ObjectStoreError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: Requests for one block. Connections break now and then, and each request asks only for what is still missing.
TRIES = 4


class RangedReader(io.RawIOBase):
    """Reads of any size become requests of whole blocks; one block is kept, which is what streams need."""

    #: Big enough that a request's latency is small beside its transfer.
    BLOCK = 4 * 1024 * 1024

    def __init__(self, size: int, fetch: Callable[[int, int], bytes], *, name: str = "an object") -> None:
        super().__init__()
        self.size = size
        self.fetch = fetch
        self.name = name
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
            start = self.position - self.position % self.BLOCK
            # Not start first and block later: where fetching fails, the older block stays where it was.
            self.block_start, self.block = start, self._whole(start, min(start + self.BLOCK, self.size))
        offset = self.position - self.block_start
        found = self.block[offset : offset + len(view)]
        view[: len(found)] = found
        self.position += len(found)
        return len(found)

    def _whole(self, start: int, stop: int) -> bytes:
        """All bytes of a block, because a short answer is a broken connection and not the end of the object."""
        parts: list[bytes] = []
        at = start
        for _ in range(TRIES):
            parts.append(self.fetch(at, stop))
            at += len(parts[-1])
            if at >= stop:
                break
        if at != stop:
            raise ObjectStoreError(
                f"{self.name} came back wrong from the object store: {at - start} bytes where {stop - start} were asked"
                f" for, from byte {start} on; look into the server's log, and for a proxy that cuts answers"
            )
        return b"".join(parts)

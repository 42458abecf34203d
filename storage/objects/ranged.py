"""A remote object as a seekable file, which fetches block by block what is read."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from storage.errors import ObjectStoreError, VoicefarmError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: Requests for one block: connections break now and then, and each new request asks only for what is still missing.
TRIES = 4


class RangedReader(io.RawIOBase):
    """Turns reads of any size into requests for whole blocks, and keeps the last few."""

    #: Big enough that a request's latency is small beside its transfer.
    BLOCK = 4 * 1024 * 1024
    #: One is enough for a stream; films are read at as many places as they have tracks that lie one behind the other.
    KEPT = 3

    def __init__(self, size: int, fetch: Callable[[int, int], bytes], *, name: str = "an object") -> None:
        super().__init__()
        self.size = size
        self.fetch = fetch
        self.name = name
        self.position = 0
        self.blocks: dict[int, bytes] = {}
        """By where they start, the one read last at the end."""

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position; nothing is fetched yet."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
        self.position = max(base + offset, 0)
        return self.position

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill the buffer, at most to the end of the current block."""
        view = memoryview(buffer).cast("B")
        if self.position >= self.size:
            return 0
        start = self.position - self.position % self.BLOCK
        block = self.blocks.pop(start, None)
        if block is None:
            block = self._whole(start, min(start + self.BLOCK, self.size))
        self.blocks[start] = block
        if len(self.blocks) > self.KEPT:
            del self.blocks[next(iter(self.blocks))]
        offset = self.position - start
        found = block[offset : offset + len(view)]
        view[: len(found)] = found
        self.position += len(found)
        return len(found)

    def _whole(self, start: int, stop: int) -> bytes:
        """All bytes of a block: a short answer means a broken connection, not the end of the object."""
        parts: list[bytes] = []
        at = start
        for _ in range(TRIES):
            parts.append(self.fetch(at, stop))
            at += len(parts[-1])
            if at >= stop:
                break
        if at != stop:
            raise self._cut_off(start, at - start, stop - start)
        return b"".join(parts)

    def _cut_off(self, start: int, found: int, wanted: int) -> VoicefarmError:
        return ObjectStoreError(
            f"the object store sent {found} bytes of {self.name} from byte {start} on, but {wanted} were asked for;"
            " check the server's log, and look for a proxy that cuts answers off"
        )

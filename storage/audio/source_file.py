"""The bytes of a recording, from a path or from any object that can read and seek."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from storage.errors import AudioError, VoicefarmError


class BinarySource(Protocol):
    """What a file object must offer, such as an open file, a BytesIO, or an object store's ranged reader."""

    def read(self, size: int, /) -> bytes:
        """Read up to this many bytes; none at the end."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move, and return the offset from the beginning."""


class SourceFile:
    """A file that decoders written in C can call: it never raises into them, but remembers what failed."""

    def __init__(self, raw: BinarySource, name: str) -> None:
        # Not `name`: FFmpeg would take that for a path and trust its extension.
        self.label = name
        self.failure: OSError | ValueError | VoicefarmError | None = None
        self._raw = raw
        self._at = 0
        self._patches: list[tuple[int, bytes]] = []
        self.size = self._measure()

    def overlay(self, offset: int, content: bytes) -> None:
        """Have these few bytes read in place of those in the file."""
        self._patches.append((offset, content))

    def read_at(self, offset: int, size: int) -> bytes:
        """Read up to `size` bytes from `offset`, without moving the reading position."""
        before, self._at = self._at, offset
        try:
            return self.read(size)
        finally:
            self._at = before

    def read(self, size: int) -> bytes:
        """Read the next bytes: as many as asked for, unless the file ends or fails."""
        start = self._at
        if start >= self.size:
            # Damaged headers may point far beyond the end, even beyond the offsets that a file accepts.
            return b""
        parts: list[bytes] = []
        try:
            self._raw.seek(start)
            while size > 0 and (part := self._raw.read(size)):
                parts.append(part)
                size -= len(part)
        except (OSError, ValueError, VoicefarmError) as error:
            self.failure = self.failure or error
        content = b"".join(parts) if len(parts) != 1 else parts[0]
        self._at = start + len(content)
        return self._patched(content, start)

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer as far as the file goes."""
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move; decoders of broken files ask for places before the beginning, which count as the beginning."""
        base = (0, self._at, self.size)[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def check(self) -> None:
        """Raise an error if anything failed."""
        if self.failure is None:
            return
        if isinstance(self.failure, VoicefarmError):
            raise self.failure
        why = getattr(self.failure, "strerror", None) or self.failure
        raise AudioError(
            f"{self.label} could not be read to its end ({why}); check the disk or network it is on, and try again"
        ) from self.failure

    def _measure(self) -> int:
        try:
            return self._raw.seek(0, 2)
        except (OSError, ValueError) as error:
            self.failure = error
            self.check()
            raise

    def _patched(self, content: bytes, start: int) -> bytes:
        for offset, patch in self._patches:
            first, last = max(start, offset), min(start + len(content), offset + len(patch))
            if first < last:
                content = content[: first - start] + patch[first - offset : last - offset] + content[last - start :]
        return content


@contextmanager
def open_file(source: Path | BinarySource, name: str) -> Iterator[SourceFile]:
    """Open a path, or use a file object, which stays open afterwards."""
    if not isinstance(source, Path):
        yield SourceFile(source, name)
        return
    try:
        _refuse_what_is_no_file(source, name)
        # Unbuffered: decoders ask for big pieces, and reading the header takes only a few reads.
        raw = source.open("rb", buffering=0)
    except OSError as error:
        raise AudioError(f"{name} cannot be opened ({error.strerror}); check the path and its permissions") from error
    with raw:
        yield SourceFile(raw, name)


def _refuse_what_is_no_file(path: Path, name: str) -> None:
    # Checked before opening, because opening a pipe would wait for somebody to write into it.
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise AudioError(f"{name} is a directory, not a recording; give a file inside it")
    if not stat.S_ISREG(mode):
        raise AudioError(f"{name} is a device or a pipe, which cannot be rewound; save it to a file first")

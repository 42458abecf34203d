"""The chunks of RIFF, RF64 and AIFF files, whose headers may say anything."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from storage.audio.source_file import SourceFile

#: How files of waves begin; RF64 and BW64 are larger than 4 GiB, RIFX has its numbers the other way round.
RIFFS = frozenset({b"RIFF", b"RF64", b"BW64", b"RIFX"})
#: Chunks looked at: real files have about ten, and a damaged one must not keep the reader walking.
_MOST_CHUNKS = 1_000
_FIRST = 12  # bytes: name, size, and what kind of RIFF it is
_IN_DS64 = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk's name, where its content begins and how many bytes that has, as its header says."""

    kind: bytes
    body: int
    size: int


def chunks(file: SourceFile, order: str = "<") -> Iterator[Chunk]:
    """The chunks in order, as far as they can be followed; no more of the file is read than their headers."""
    at, long_size = _FIRST, None
    for _ in range(_MOST_CHUNKS):
        header = file.read_at(at, 8)
        if len(header) < 8:
            return
        kind, size = header[:4], int(struct.unpack(f"{order}I", header[4:])[0])
        if kind == b"ds64":
            long_size = number_at(file, at + 16, f"{order}Q")
        elif kind == b"data" and size == _IN_DS64 and long_size is not None:
            size = long_size
        yield Chunk(kind, at + 8, size)
        at += 8 + size + size % 2


def packed_chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk as a RIFF holds it: content of an odd length is followed by a byte that does not count."""
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def text_of(content: bytes) -> str:
    """A text in a chunk: UTF-8, or what programs for Windows write."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def number_at(file: SourceFile, at: int, layout: str) -> int:
    """One number; what the file lacks of it counts as zeros."""
    size = struct.calcsize(layout)
    return int(struct.unpack(layout, file.read_at(at, size).ljust(size, b"\0"))[0])

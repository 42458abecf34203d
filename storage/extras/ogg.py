"""Puts extras into an Ogg file: comments in the packet that has them; the pages of its sound keep every byte of it."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO

from storage.extras import vorbis
from storage.extras.extras import Extras

#: Mark, version, flags, position, serial number, page number, checksum, number of segments.
_HEADER = struct.Struct("<4sBBqIIIB")
_CONTINUED = 1
_MOST_SEGMENTS = 255
#: Bits of each byte the other way round: Ogg's sums are those of zlib, read from the other end.
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class _Page:
    flags: int
    position: int
    serial: int
    number: int
    lengths: bytes
    content: bytes

    def packed(self) -> bytes:
        head = _HEADER.pack(b"OggS", 0, self.flags, self.position, self.serial, self.number, 0, len(self.lengths))
        whole = head + self.lengths + self.content
        return whole[:22] + struct.pack("<I", checksum(whole)) + whole[26:]


def write(source: BinaryIO, target: BinaryIO, tags: Mapping[str, str], extras: Extras) -> None:
    """Copy the file with these tags, and with the pictures and markers."""
    pages = _pages(source)
    first = next(pages)
    target.write(first.packed())
    is_opus = first.content.startswith(b"OpusHead")
    packets, read = _packets(pages, 1 if is_opus else 2)
    mark = b"OpusTags" if is_opus else b"\x03vorbis"
    vendor = vorbis.vendor_of(packets[0][len(mark) :])
    comments = mark + vorbis.packed(vendor, tags, extras.markers, extras.pictures)
    # Vorbis ends its comments with a bit that is set.
    packets[0] = comments if is_opus else comments + b"\x01"
    fresh = list(_paged(packets, first.serial, 1))
    moved = (replace(page, number=page.number + len(fresh) - read) for page in pages)
    target.writelines(page.packed() for page in chain(fresh, moved))


def checksum(content: bytes) -> int:
    """Ogg's sum over a page whose own sum is zero."""
    mirrored = zlib.crc32(content.translate(_MIRROR), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def _pages(source: BinaryIO) -> Iterator[_Page]:
    source.seek(0)
    while header := source.read(_HEADER.size):
        _, _, flags, position, serial, number, _, segments = _HEADER.unpack(header)
        lengths = source.read(segments)
        yield _Page(flags, position, serial, number, lengths, source.read(sum(lengths)))


def _packets(pages: Iterator[_Page], count: int) -> tuple[list[bytes], int]:
    """The next packets, which end with a page, and how many pages they took."""
    packets: list[bytes] = []
    part, read = b"", 0
    while len(packets) < count:
        page = next(pages)
        read += 1
        at = 0
        for length in page.lengths:
            part += page.content[at : at + length]
            at += length
            if length < _MOST_SEGMENTS:
                packets.append(part)
                part = b""
    return packets, read


def _paged(packets: list[bytes], serial: int, number: int) -> Iterator[_Page]:
    """Pages for packets of a header, as full as they may be."""
    lengths = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    content = b"".join(packets)
    at, is_continued = 0, False
    for first in range(0, len(lengths), _MOST_SEGMENTS):
        part = lengths[first : first + _MOST_SEGMENTS]
        size = sum(part)
        # Where no packet ends on it, a page has no position.
        position = 0 if any(length < 255 for length in part) else -1
        flags = _CONTINUED if is_continued else 0
        yield _Page(flags, position, serial, number, part, content[at : at + size])
        is_continued = part[-1] == 255
        at += size
        number += 1

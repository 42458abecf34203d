"""Puts extras into a FLAC file: blocks before its sound, which stays as it is."""

import shutil
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from storage.extras import vorbis
from storage.extras.extras import Extras

_COMMENTS, _PADDING, _PICTURE = 4, 1, 6
_LAST = 0x80
_LARGEST = (1 << 24) - 1  # bytes of a block


def write(source: BinaryIO, target: BinaryIO, tags: Mapping[str, str], extras: Extras) -> None:
    """Copy the file with these tags, and with the pictures and markers."""
    blocks, vendor = [], b""
    for kind, content in _blocks(source):
        if kind == _COMMENTS:
            vendor = vorbis.vendor_of(content)
        elif kind != _PADDING:
            blocks.append((kind, content))
    blocks.append((_COMMENTS, vorbis.packed(vendor, tags, extras.markers)))
    blocks += [(_PICTURE, vorbis.block(picture)) for picture in extras.pictures]
    blocks = [(kind, content) for kind, content in blocks if len(content) <= _LARGEST]
    target.write(b"fLaC")
    for place, (kind, content) in enumerate(blocks, 1):
        target.write(bytes([kind | (_LAST if place == len(blocks) else 0)]) + len(content).to_bytes(3, "big") + content)
    shutil.copyfileobj(source, target, 1 << 20)


def _blocks(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The blocks of a file that our own encoder wrote; afterwards its sound comes next."""
    source.seek(4)
    while True:
        header = source.read(4)
        yield header[0] & 0x7F, source.read(int.from_bytes(header[1:], "big"))
        if header[0] & _LAST:
            return

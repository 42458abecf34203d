"""Says exactly in an MP4 or MOV when its sound begins and how long it is: FFmpeg loses the encoder's padding there."""

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

_BOX = struct.Struct(">I4s")
_VERSION_1 = b"\x01\0\0\0"  # times of 64 bits, no flags
_ONCE = b"\0\x01\0\0"  # how fast a stretch is played
#: Bytes before the length in the header of a film and of a track, where times have 32 bits and where 64.
_OF_FILM, _OF_TRACK = (24, 32), (28, 36)
_PAUSE = -1  # where in the sound a stretch begins that has none


def set_edits(path: Path, start: Fraction, padding: int, frames: int, rate: int) -> None:
    """The first track of sound begins at `start` with the sample behind its padding, and has this many samples.

    The file's table of contents is its last box, so that it may grow.
    """
    with path.open("r+b") as file:
        at = _last_box(file)
        file.seek(at)
        table = file.read()
        changed = _edited(table, start, padding, Fraction(frames, rate))
        file.seek(at)
        file.write(changed)
        file.truncate()


def _last_box(file: BinaryIO) -> int:
    end, at = file.seek(0, 2), 0
    while True:
        file.seek(at)
        size, _ = _BOX.unpack(file.read(8))
        if size == 1:
            size = int.from_bytes(file.read(8), "big")
        if not size or at + size >= end:
            return at
        at += size


def _edited(table: bytes, start: Fraction, padding: int, seconds: Fraction) -> bytes:
    kinds, parts = map(list, zip(*_boxes(table, 8), strict=True))
    scale = _clock(parts[kinds.index(b"mvhd")])
    place = next(place for place, part in enumerate(parts) if kinds[place] == b"trak" and _is_sound(part))
    delay, length = round(start * scale), round(seconds * scale)
    parts[place] = _with_edits(parts[place], delay, length, padding)
    tracks = [part for kind, part in zip(kinds, parts, strict=True) if kind == b"trak"]
    header = kinds.index(b"mvhd")
    parts[header] = _lasting(parts[header], max(map(_length, tracks)), _OF_FILM)
    return _box(b"moov", b"".join(parts))


def _with_edits(track: bytes, delay: int, length: int, padding: int) -> bytes:
    pause = [struct.pack(">Qq", delay, _PAUSE) + _ONCE] if delay > 0 else []
    stretches = [*pause, struct.pack(">Qq", length, padding) + _ONCE]
    edits = _box(b"edts", _box(b"elst", _VERSION_1 + struct.pack(">I", len(stretches)) + b"".join(stretches)))
    parts = []
    for kind, content in _boxes(track, 8):
        if kind == b"tkhd":
            # What is said of the track comes first, then its edits.
            parts += [_lasting(content, max(delay, 0) + length, _OF_TRACK), edits]
        elif kind != b"edts":
            parts.append(content)
    return _box(b"trak", b"".join(parts))


def _lasting(header: bytes, length: int, places: tuple[int, int]) -> bytes:
    """A header with another length."""
    at, layout = _place(header, places)
    return header[:at] + struct.pack(layout, length) + header[at + struct.calcsize(layout) :]


def _length(track: bytes) -> int:
    header = next(content for kind, content in _boxes(track, 8) if kind == b"tkhd")
    at, layout = _place(header, _OF_TRACK)
    return int(struct.unpack_from(layout, header, at)[0])


def _place(header: bytes, places: tuple[int, int]) -> tuple[int, str]:
    """Where a header says how long something is: in 32 bits, or in 64."""
    return (places[1], ">Q") if header[8] else (places[0], ">I")


def _is_sound(track: bytes) -> bool:
    media = next(content for kind, content in _boxes(track, 8) if kind == b"mdia")
    handler = next(content for kind, content in _boxes(media, 8) if kind == b"hdlr")
    return handler[16:20] == b"soun"


def _clock(header: bytes) -> int:
    """Steps a second in which a film's header counts."""
    at = 28 if header[8] else 20
    return int.from_bytes(header[at : at + 4], "big")


def _boxes(content: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    """The boxes in one that FFmpeg has just written, each with its header."""
    while at + 8 <= len(content):
        size, kind = _BOX.unpack_from(content, at)
        yield kind, content[at : at + size]
        at += size


def _box(kind: bytes, content: bytes) -> bytes:
    return _BOX.pack(8 + len(content), kind) + content

"""The mark that a result carries: that the farm made it, of which recording and by which request."""

import re
import struct
from pathlib import Path
from typing import BinaryIO

#: Digits of each half of a mark. Chance makes two of a million halves equal once in forty million cases.
HALF = 16
#: Bytes at either end of a file in which its mark lies: every format has its tags at one of them.
_ENDS = 1 << 16
_LENGTH = len("voicefarm .") + 2 * HALF
#: Bytes: films of days have less.
_LARGEST_MOVIE = 1 << 26
#: How a part of an MP4 begins: its length and kind, and for the longest their length again.
_BOX = struct.Struct(">I4sQ")
_MARK = re.compile(rb"voicefarm ([0-9a-f]{%d}\.[0-9a-f]{%d})" % (HALF, HALF))


def mark_of(recording: str, request: str) -> str:
    """The mark that follows from the hash of a recording and that of a request."""
    return f"{recording[:HALF]}.{request[:HALF]}"


def halves(mark: str) -> tuple[str, str]:
    """The beginnings of the two hashes."""
    recording, _, request = mark.partition(".")
    return recording, request


def told(mark: str) -> str:
    """The words by which a file says it."""
    return f"voicefarm {mark}"


def mark_in(path: Path) -> str | None:
    """The mark in a file; None if it has none or cannot be read."""
    try:
        with path.open("rb", buffering=0) as file:
            return _found(file)
    except OSError:
        return None


def _found(file: BinaryIO) -> str | None:
    head = file.read(_ENDS)
    found = _MARK.search(head)
    if found is None and (size := file.seek(0, 2)) > _ENDS:
        # One that lies over the edge is in the part that is read twice.
        file.seek(max(size - _ENDS, _ENDS - _LENGTH))
        found = _MARK.search(file.read(_ENDS)) or (_MARK.search(_movie(file, size)) if head[4:8] == b"ftyp" else None)
    return found and found[1].decode()


def _movie(file: BinaryIO, size: int) -> bytes:
    """The part of an MP4 that has its tags, a cover of any size behind them included."""
    at = 0
    while at + 16 <= size:
        file.seek(at)
        length, kind, large = _BOX.unpack(file.read(_BOX.size))
        if kind == b"moov":
            file.seek(at)
            return file.read(min(length, _LARGEST_MOVIE))
        length = large if length == 1 else length
        if length < 8:
            break
        at += length
    return b""

"""The mark that a result carries: that the farm made it, of which recording and by which request."""

import re
import struct
from collections.abc import Iterable, Iterator
from os import SEEK_END
from pathlib import Path
from typing import IO

#: Digits of each half of a mark. Chance makes two of a million halves equal once in forty million cases.
HALF = 16
#: Bytes at either end of a file in which its mark lies: every format has its tags at one of them.
ENDS = 1 << 16
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
            return mark_in_ends(_ends(file))
    except OSError:
        return None


def mark_in_ends(ends: Iterable[bytes]) -> str | None:
    """The mark in the beginning or the end of a file, of which the second is looked at only if it must be."""
    found = next((found for end in ends if (found := _MARK.search(end))), None)
    return found and found[1].decode()


def _ends(file: IO[bytes]) -> Iterator[bytes]:
    yield (head := file.read(ENDS))
    if (size := file.seek(0, SEEK_END)) > ENDS:
        # One that lies over the edge is in the part that is read twice.
        file.seek(max(size - ENDS, ENDS - _LENGTH))
        yield file.read(ENDS)
        if head[4:8] == b"ftyp":
            yield _movie(file, size)


def _movie(file: IO[bytes], size: int) -> bytes:
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

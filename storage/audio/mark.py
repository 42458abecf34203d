"""The mark that a result carries: that the farm made it, of which recording and by which request."""

import re
from collections.abc import Iterable, Iterator
from os import SEEK_END
from pathlib import Path
from typing import IO

#: Digits of each half of a mark. Chance makes two of a million halves equal once in forty million cases.
HALF = 16
#: Bytes at either end of a file in which its mark lies: every format has its tags at one of them.
ENDS = 1 << 16
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
    yield file.read(ENDS)
    if (size := file.seek(0, SEEK_END)) > ENDS:
        file.seek(max(size - ENDS, ENDS - len(told("")) - 2 * HALF))
        yield file.read(ENDS)

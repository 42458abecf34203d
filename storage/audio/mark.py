"""The mark that a result carries: that the farm made it, of which recording and by which request."""

import re
from pathlib import Path

#: Digits of each half of a mark. Chance makes two of a million halves equal once in forty million cases.
HALF = 16
#: Bytes at either end of a file in which its mark lies: every format has its tags at one of them.
_ENDS = 1 << 16
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
            found = _MARK.search(file.read(_ENDS))
            if found is None and (size := file.seek(0, 2)) > _ENDS:
                file.seek(max(size - _ENDS, _ENDS - len(told("")) - 2 * HALF))
                found = _MARK.search(file.read(_ENDS))
    except OSError:
        return None
    return found and found[1].decode()

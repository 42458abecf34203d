"""The list of texts in a WAV, with four letters for a name each."""

import struct
from collections.abc import Mapping

from storage.audio.riff import packed_chunk, text_of
from storage.extras.extras import MOST_TAGS

NAMES = {
    b"INAM": "title", b"IART": "artist", b"IPRD": "album", b"ICRD": "date", b"ICMT": "comment", b"IGNR": "genre",
    b"IPRT": "track", b"ITRK": "track", b"ICOP": "copyright", b"ILNG": "language", b"IMUS": "composer",
    b"IPUB": "publisher", b"IKEY": "keywords", b"ISBJ": "description", b"IENG": "engineer", b"IARL": "archive",
    b"ICMS": "commissioned", b"IMED": "medium", b"ISRC": "source", b"IWRI": "lyricist", b"IPRO": "producer",
    b"ISFT": "software",
}  # fmt: skip
#: The first of two that stand for the same is written.
_LETTERS = {name: letters for letters, name in reversed(NAMES.items())}
#: Tags that every program looks for here; it takes some trouble to find the others.
_WELL_KNOWN = frozenset(
    {"title", "artist", "album", "date", "comment", "genre", "track", "copyright", "language", "software"}
)


def tags_of(content: bytes) -> dict[str, str]:
    """The tags in the content of such a list, without its first four letters."""
    found: dict[str, str] = {}
    at = 0
    for _ in range(MOST_TAGS):
        if at + 8 > len(content):
            break
        (size,) = struct.unpack_from("<I", content, at + 4)
        text = text_of(content[at + 8 : at + 8 + size].partition(b"\0")[0]).strip()
        name = NAMES.get(content[at : at + 4])
        if name and text:
            found.setdefault(name, text)
        at += 8 + size + size % 2
    return found


def packed(tags: Mapping[str, str]) -> bytes:
    """The list's content with those of the tags that it can hold; nothing if it can hold none."""
    parts = []
    for name, letters in _LETTERS.items():
        if text := tags.get(name):
            parts.append(packed_chunk(letters, text.encode("utf-8", "replace") + b"\0"))
    return b"INFO" + b"".join(parts) if parts else b""


def holds(name: str) -> bool:
    """Whether every program finds a tag of this name in such a list."""
    return name in _WELL_KNOWN

"""Tells an Ogg file that was cut off from a complete one, because its decoder does not."""

from storage.audio.facts import REMEDIES
from storage.audio.source_file import SourceFile
from storage.errors import AudioError

#: Bytes of the largest page: a header, 255 segment lengths, 255 segments of 255.
_LARGEST_PAGE = 27 + 255 + 255 * 255
_MAGIC = b"OggS\x00"
_HEADER = 27  # bytes before the segment lengths; the last of them is their number


def refuse_cut_page(file: SourceFile) -> None:
    """Raise if the file ends inside its last page. No header tells how much is missing."""
    start = max(0, file.size - _LARGEST_PAGE)
    tail = file.read_at(start, _LARGEST_PAGE)
    file.check()
    at = tail.rfind(_MAGIC)
    if at < 0:
        return
    lengths = tail[at + _HEADER : at + _HEADER + tail[at + _HEADER - 1]] if len(tail) >= at + _HEADER else b""
    complete = len(tail) >= at + _HEADER and len(lengths) == tail[at + _HEADER - 1]
    if not complete or at + _HEADER + len(lengths) + sum(lengths) > len(tail):
        raise AudioError(f"{file.label} ends in the middle of an Ogg page, so part of it is missing", *REMEDIES)

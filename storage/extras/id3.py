"""Tags, pictures and chapters as ID3 2.4, which MP3 files begin with and WAV files may have in a chunk."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from storage.audio.id3_head import HEAD, content_bytes
from storage.extras.extras import Marker, Picture

_FRAMES = {
    "title": "TIT2", "artist": "TPE1", "album": "TALB", "album_artist": "TPE2", "date": "TDRC", "genre": "TCON",
    "track": "TRCK", "disc": "TPOS", "copyright": "TCOP", "composer": "TCOM", "language": "TLAN", "performer": "TPE3",
    "publisher": "TPUB", "lyricist": "TEXT", "isrc": "TSRC", "bpm": "TBPM", "grouping": "TIT1", "subtitle": "TIT3",
    "compilation": "TCMP", "album-sort": "TSOA", "artist-sort": "TSOP", "title-sort": "TSOT", "initialkey": "TKEY",
    "mood": "TMOO", "software": "TSSE",
}  # fmt: skip
#: The flag that a tag ends as it begins.
_HAS_FOOT = 0x10
_UTF8 = b"\x03"
_NO_LANGUAGE = b"und"
_FRONT_COVER = b"\x03"
_NO_OFFSET = b"\xff" * 4
#: Milliseconds: chapters beyond cannot be written.
_LATEST = 0xFFFF_FFFE
#: Chapters that a table of contents counts in one byte.
_MOST_CHAPTERS = 255


def packed(tags: Mapping[str, str], pictures: Sequence[Picture], markers: Sequence[Marker], seconds: Fraction) -> bytes:
    """The whole tag; `seconds` is the length of the sound, where the last chapter ends."""
    frames = b"".join(_frame(name, content) for name, content in _contents(tags))
    frames += b"".join(_frame("APIC", _cover(picture)) for picture in pictures)
    frames += _chapters(markers, seconds)
    return b"ID3\x04\0\0" + synchsafe(len(frames)) + frames


def synchsafe(number: int) -> bytes:
    """A number in four bytes of seven bits, as ID3 writes sizes."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def size_at(head: bytes) -> int:
    """How long the tag is that a file with these first ten bytes begins with, all in all; 0 if with none."""
    size = content_bytes(head)
    return 0 if size is None else HEAD + size + (HEAD if head[5] & _HAS_FOOT else 0)


def _contents(tags: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    for name, text in tags.items():
        content = text.encode("utf-8", "replace")
        if name == "comment":
            yield "COMM", _UTF8 + _NO_LANGUAGE + b"\0" + content
        elif name == "lyrics" or name.startswith("lyrics-"):
            yield "USLT", _UTF8 + _NO_LANGUAGE + b"\0" + content
        elif name in _FRAMES:
            yield _FRAMES[name], _UTF8 + content
        else:
            yield "TXXX", _UTF8 + name.encode("utf-8", "replace") + b"\0" + content


def _cover(picture: Picture) -> bytes:
    return _UTF8 + picture.mime.encode("ascii", "replace") + b"\0" + _FRONT_COVER + b"\0" + picture.content


def _chapters(markers: Sequence[Marker], seconds: Fraction) -> bytes:
    kept = [marker for marker in markers if marker.at * 1000 <= _LATEST][:_MOST_CHAPTERS]
    if not kept:
        return b""
    ends = [*(marker.at for marker in kept[1:]), seconds]
    frames, names = [], []
    for number, (marker, end) in enumerate(zip(kept, ends, strict=True)):
        name = f"chp{number}".encode() + b"\0"
        names.append(name)
        until = marker.until if marker.until is not None else max(end, marker.at)
        span = b"".join(min(round(moment * 1000), _LATEST).to_bytes(4, "big") for moment in (marker.at, until))
        label = _frame("TIT2", _UTF8 + marker.label.encode("utf-8", "replace")) if marker.label else b""
        frames.append(_frame("CHAP", name + span + 2 * _NO_OFFSET + label))
    contents = _frame("CTOC", b"toc\0\x03" + bytes([len(names)]) + b"".join(names))
    return contents + b"".join(frames)


def _frame(name: str, content: bytes) -> bytes:
    return name.encode() + synchsafe(len(content)) + b"\0\0" + content

"""Tags, pictures and chapters as Vorbis comments, which FLAC, Ogg and Opus files have."""

import struct
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from storage.extras.extras import Marker, Picture

_NAMES = {"track": "TRACKNUMBER", "disc": "DISCNUMBER", "album_artist": "ALBUMARTIST", "publisher": "ORGANIZATION"}
_FRONT_COVER = 3
#: Chapters that fit their three digits.
_MOST_CHAPTERS = 999


def packed(
    vendor: bytes, tags: Mapping[str, str], markers: Sequence[Marker], pictures: Sequence[Picture] = ()
) -> bytes:
    """The comments; pictures go into them where the format has no place of its own for them."""
    comments = [*_comments(tags), *_chapters(markers)]
    comments += [f"METADATA_BLOCK_PICTURE={b64encode(block(picture)).decode()}" for picture in pictures]
    texts = [comment.encode("utf-8", "replace") for comment in comments]
    parts = [struct.pack("<I", len(text)) + text for text in texts]
    return struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(parts)) + b"".join(parts)


def vendor_of(comments: bytes) -> bytes:
    """Which encoder wrote these comments."""
    size = int.from_bytes(comments[:4], "little")
    return comments[4 : 4 + size]


def block(picture: Picture) -> bytes:
    """A picture as FLAC describes it; its size in pixels is left to its own file."""
    mime = picture.mime.encode("ascii", "replace")
    head = struct.pack(">II", _FRONT_COVER, len(mime)) + mime + struct.pack(">I", 0)
    return head + struct.pack(">IIIII", 0, 0, 0, 0, len(picture.content)) + picture.content


def _comments(tags: Mapping[str, str]) -> Iterator[str]:
    for name, text in tags.items():
        yield f"{_NAMES.get(name, name.upper())}={text}"


def _chapters(markers: Sequence[Marker]) -> Iterator[str]:
    for number, marker in enumerate(markers[:_MOST_CHAPTERS], 1):
        yield f"CHAPTER{number:03}={_clock(marker.at)}"
        yield f"CHAPTER{number:03}NAME={marker.label}"


def _clock(moment: Fraction) -> str:
    whole = round(moment * 1000)
    minutes, milliseconds = divmod(whole, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"

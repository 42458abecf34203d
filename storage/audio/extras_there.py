"""A quick look whether a recording holds anything beside its sound: it may find too much, never too little."""

import struct
from collections.abc import Iterator

from storage.audio.id3_head import HEAD, content_bytes
from storage.audio.riff import RIFFS, chunks
from storage.audio.source_file import SourceFile
from storage.audio.tag_names import is_extra

#: Chunks of WAV and AIFF whose content is carried over.
_OF_WAV = frozenset({b"bext", b"iXML", b"cue ", b"cart", b"smpl", b"axml", b"_PMX", b"id3 ", b"ID3 "})
_OF_AIFF = frozenset({b"MARK", b"ANNO", b"COMT", b"(c) ", b"ID3 ", b"id3 "})
#: Names in lists of a WAV that the records have already, or that are only about the program that wrote it.
_KNOWN_INFO = frozenset({b"INAM", b"IART", b"ISFT", b"ITCH", b"IENC", b"ISRF"})
#: Frames of ID3 that are: title, artist, encoder and its settings, lengths.
_KNOWN_FRAMES = frozenset({b"TIT2", b"TPE1", b"TSSE", b"TENC", b"TLEN", b"TT2", b"TP1", b"TSS", b"TEN", b"TLE"})
_PADDING, _COMMENTS, _PICTURE = 1, 4, 6  # types of FLAC's blocks
#: Bytes in which the comments of an Ogg or FLAC are looked for; larger ones hold pictures.
_GLANCE = 1 << 16
_MOST_BLOCKS = 200


def holds_extras(file: SourceFile) -> bool:
    """Whether it is worth looking for tags, markers and pictures once its result is written."""
    head = file.read_at(0, 12)
    if head[:4] in RIFFS:
        return any(_of_wav(file, chunk.kind, chunk.body, chunk.size) for chunk in chunks(file))
    if head[:4] == b"FORM":
        return any(chunk.kind in _OF_AIFF for chunk in chunks(file, ">"))
    if head[:4] == b"fLaC":
        return _of_flac(file)
    if head[:4] == b"OggS":
        return _of_ogg(file.read_at(0, _GLANCE))
    if head[:4] in (b"caff", b"riff"):
        return True
    return _of_mp3(file, head)


def _of_wav(file: SourceFile, kind: bytes, body: int, size: int) -> bool:
    if kind != b"LIST":
        return kind in _OF_WAV
    content = file.read_at(body, min(size, _GLANCE))
    if content[:4] != b"INFO":
        return content[:4] == b"adtl"
    at = 4
    while at + 8 <= len(content):
        if content[at : at + 4] not in _KNOWN_INFO:
            return True
        length = int(struct.unpack("<I", content[at + 4 : at + 8])[0])
        at += 8 + length + length % 2
    return False


def _of_flac(file: SourceFile) -> bool:
    at = 4
    for _ in range(_MOST_BLOCKS):
        header = file.read_at(at, 4)
        if len(header) < 4:
            return False
        kind, size = header[0] & 0x7F, int.from_bytes(header[1:], "big")
        if kind == _PICTURE or (kind == _COMMENTS and _any_extra(file.read_at(at + 4, min(size, _GLANCE)))):
            return True
        if header[0] & 0x80:
            return False
        at += 4 + size
    return False


def _of_ogg(head: bytes) -> bool:
    for mark in (b"\x03vorbis", b"OpusTags"):
        if (found := head.find(mark)) >= 0:
            return _any_extra(head[found + len(mark) :])
    # FLAC, Speex or something rarer in Ogg.
    return True


def _any_extra(comments: bytes) -> bool:
    """Whether a list of Vorbis comments has one worth carrying; True also where it cannot be followed to its end."""
    try:
        return any(is_extra(name) for name in _names(comments))
    except (struct.error, IndexError):
        return True


def _names(comments: bytes) -> Iterator[str]:
    (vendor,) = struct.unpack_from("<I", comments, 0)
    (count,) = struct.unpack_from("<I", comments, 4 + vendor)
    at = 8 + vendor
    for _ in range(count):
        (size,) = struct.unpack_from("<I", comments, at)
        if at + 4 + size > len(comments):
            raise IndexError(at)
        yield comments[at + 4 : at + 4 + size].partition(b"=")[0].decode("ascii", "replace")
        at += 4 + size


def _of_mp3(file: SourceFile, head: bytes) -> bool:
    # The old tag at the end has fields of fixed length: title and artist, then others.
    old = file.read_at(max(0, file.size - 128), 128)
    if old[:3] == b"TAG" and (old[63:125].strip(b"\0 ") or old[125:127] not in (b"\0\0", b"  ")):
        return True
    if file.read_at(max(0, file.size - 32), 8) == b"APETAGEX":
        return True
    size = content_bytes(head)
    if size is None:
        return False
    return any(name not in _KNOWN_FRAMES for name in _frames(file.read_at(HEAD, min(size, _GLANCE)), head[3]))


def _frames(content: bytes, version: int) -> Iterator[bytes]:
    width, header = (3, 6) if version == 2 else (4, 10)
    at = 0
    while at + header <= len(content) and content[at]:
        yield content[at : at + width]
        size = content[at + width : at + width + width]
        bits = 7 if version == 4 else 8
        at += header + sum(byte << (bits * place) for place, byte in enumerate(reversed(size)))

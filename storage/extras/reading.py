"""Reads what a recording holds beside its sound. Files are strangers': whatever is damaged or too large is left out."""

import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

from storage.audio.ffmpeg import is_cover, language_of, open_container
from storage.audio.riff import RIFFS, chunks, packed_chunk
from storage.audio.source_file import BinarySource, SourceFile, open_file
from storage.audio.tag_names import is_carried
from storage.extras import cues, info
from storage.extras.extras import (
    MOST_MARKERS,
    MOST_PICTURE_BYTES,
    MOST_TAGS,
    MOST_TEXT_BYTES,
    Cues,
    Extras,
    Marker,
    Picture,
)
from storage.printable import storable

#: Names that every format can hold: no equals sign, nothing beyond ASCII.
_NAME = re.compile(r"[ -<>-}]{1,80}")
_LONGEST_LABEL = 1_000
#: What files of pictures begin with.
_MIMES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif", b"BM": "image/bmp",
          b"RIFF": "image/webp"}  # fmt: skip
#: Bytes of the chunks of a WAV that are read.
_MOST_BYTES = {
    **dict.fromkeys((b"bext", b"iXML", b"cue ", b"LIST", b"cart", b"smpl", b"axml", b"_PMX"), MOST_TEXT_BYTES),
    **dict.fromkeys((b"id3 ", b"ID3 "), MOST_PICTURE_BYTES),
}
#: Chunks that are carried as they are: the model of the sound (ADM) and what Adobe's programs write (XMP).
_AS_THEY_ARE = (b"axml", b"_PMX")
_ANY_FORMAT = struct.pack("<HHIIHH", 1, 1, 8_000, 16_000, 2, 16)
#: Frames of ID3 and names of other formats that FFmpeg hands on as they are, by the names that it has for others.
_COMMON = {"tsrc": "isrc", "tbpm": "bpm", "text": "lyricist", "tit3": "subtitle", "tkey": "initialkey", "tmoo": "mood",
           "tracknumber": "track", "discnumber": "disc", "albumartist": "album_artist", "organization": "publisher",
           "year": "date", "description-eng": "description"}  # fmt: skip


def read_extras(source: Path | BinarySource, name: str, track: int = 0) -> Extras:
    """All that a result takes over beside the sound of this track; raises only if the file cannot be read at all."""
    with open_file(source, name) as file:
        found = _of_container(file, track)
        if file.read_at(0, 4) in RIFFS:
            found = _with_chunks(file, found)
        file.check()
    return found


def _of_container(file: SourceFile, track: int) -> Extras:
    import av

    file.seek(0)
    try:
        container = open_container(file)
    except (av.error.FFmpegError, UnicodeError, ValueError):
        return Extras()
    with container:
        sounds = container.streams.audio
        stream = sounds[min(track, len(sounds) - 1)] if sounds else None
        try:
            pictures = tuple(_pictures(container))
        except av.error.FFmpegError:
            pictures = ()
        return Extras(tags=_tags(container, stream), pictures=pictures, markers=_markers(container.chapters()))


def _tags(container: Any, stream: Any) -> dict[str, str]:
    """The container's tags, then those of the track, which Ogg has instead."""
    of_stream = dict(stream.metadata) if stream is not None else {}
    # Between others, a track's title is the track's name.
    if len(container.streams.audio) > 1 or any(not is_cover(one) for one in container.streams.video):
        of_stream = {}
    told = {name: text for name, text in of_stream.items() if name.lower() != "language"}
    if stream is not None and (language := language_of(stream)):
        told["language"] = language
    return kept_tags([*container.metadata.items(), *told.items()])


def kept_tags(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Those tags that are carried over, by their common names; the first of two counts."""
    kept: dict[str, str] = {}
    size = 0
    for name, text in found:
        lower = _COMMON.get(name.lower(), name.lower())
        told = storable(text).strip()
        size += len(lower) + len(told.encode("utf-8", "replace"))
        if len(kept) >= MOST_TAGS or size > MOST_TEXT_BYTES:
            break
        if told and _NAME.fullmatch(lower) and is_carried(lower):
            kept.setdefault(lower, told)
    return kept


def _pictures(container: Any) -> Iterator[Picture]:
    """The covers; FFmpeg hands each out as the one packet of its stream, before anything else."""
    covers = [stream for stream in container.streams.video if is_cover(stream)]
    size = 0
    for packet in container.demux(covers) if covers else ():
        if not is_cover(packet.stream) or packet.stream not in covers or not packet.size:
            continue
        covers.remove(packet.stream)
        content = bytes(packet)
        size += len(content)
        mime = next((mime for start, mime in _MIMES.items() if content.startswith(start)), None)
        if mime and size <= MOST_PICTURE_BYTES:
            yield Picture(mime, content)
        if not covers:
            return


def _markers(chapters: Iterable[Mapping[str, Any]]) -> tuple[Marker, ...]:
    markers: list[Marker] = []
    for chapter in chapters:
        base = chapter["time_base"] or Fraction(1)
        at, until = chapter["start"] * base, chapter["end"] * base
        if at >= 0 and len(markers) < MOST_MARKERS:
            label = storable(chapter["metadata"].get("title", "")).strip()[:_LONGEST_LABEL]
            # Without a name, the beginning is only where others count from.
            if at or label:
                markers.append(Marker(at, until if until > at else None, label))
    return tuple(sorted(markers, key=lambda marker: marker.at))


def _of_id3(tag: bytes) -> Extras:
    """What an ID3 tag says: FFmpeg reads one in a WAV, but says nothing of it where there is another list."""
    body = b"WAVE" + packed_chunk(b"fmt ", _ANY_FORMAT) + packed_chunk(b"id3 ", tag) + packed_chunk(b"data", bytes(2))
    return _of_container(SourceFile(BytesIO(packed_chunk(b"RIFF", body)), "a tag"), 0)


def _with_chunks(file: SourceFile, found: Extras) -> Extras:
    """What the chunks of a WAV say, which FFmpeg reads in part."""
    order = ">" if file.read_at(0, 4) == b"RIFX" else "<"
    content: dict[bytes, bytes] = {}
    rate = 0
    for chunk in chunks(file, order):
        if chunk.kind == b"fmt ":
            rate = int.from_bytes(file.read_at(chunk.body + 4, 4), "little")
        elif chunk.size <= _MOST_BYTES.get(chunk.kind, 0):
            body = file.read_at(chunk.body, chunk.size)
            kind = body[:4] if chunk.kind == b"LIST" else chunk.kind.lower()
            content.setdefault(kind, body[4:] if chunk.kind == b"LIST" else body)
    if order == ">":
        return found
    marks = Cues(content[b"cue "], content.get(b"adtl", b"")) if b"cue " in content else None
    told = kept_tags(info.tags_of(content.get(b"INFO", b"")).items())
    listed = _of_id3(content[b"id3 "]) if b"id3 " in content else Extras()
    return Extras(
        tags={**listed.tags, **told},
        pictures=found.pictures or listed.pictures,
        markers=cues.markers_of(marks, rate) if marks is not None and rate else (),
        bext=content.get(b"bext", b""),
        ixml=content.get(b"ixml", b""),
        cues=marks,
        cart=content.get(b"cart", b""),
        smpl=content.get(b"smpl", b""),
        as_they_are=tuple((kind, content[kind.lower()]) for kind in _AS_THEY_ARE if content.get(kind.lower())),
    )

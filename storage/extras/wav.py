"""Puts extras into a WAV file: chunks before and behind its sound, which stays as it is."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from storage.audio.riff import Chunk, chunks, packed_chunk
from storage.audio.source_file import SourceFile
from storage.extras import bext, cart, cues, id3, info, ixml, smpl
from storage.extras.extras import Extras, Step

#: Sizes of 32 bits end here; larger files are RF64.
_LARGEST = 0xFFFF_FFFF
_SEE_DS64 = 0xFFFF_FFFF
_DS64 = struct.Struct("<QQQI")


@dataclass(frozen=True, slots=True)
class _Layout:
    """The chunks of a file that our own encoder wrote: small ones before the sound, and the sound."""

    before: tuple[tuple[bytes, bytes], ...]
    data: Chunk
    frames: int


def write(path: Path, target: BinaryIO, tags: Mapping[str, str], extras: Extras, step: Step) -> None:
    """Copy the file with these chunks."""
    with path.open("rb") as source:
        layout = _layout(source)
        before = _packed([*_first(extras, tags, step), *layout.before, *_lists(extras, tags)])
        behind = _packed(_last(extras, tags, step))
        _write_head(target, len(before), len(behind), layout)
        target.write(before)
        is_long = layout.data.size > _LARGEST or _whole(len(before), len(behind), layout) > _LARGEST
        target.write(b"data" + struct.pack("<I", _SEE_DS64 if is_long else layout.data.size))
        source.seek(layout.data.body)
        _copy(source, target, layout.data.size)
        target.write(b"\0" * (layout.data.size % 2) + behind)


def _layout(source: BinaryIO) -> _Layout:
    file = SourceFile(source, "the result")
    before: list[tuple[bytes, bytes]] = []
    frames = 0
    for chunk in chunks(file):
        if chunk.kind == b"data":
            return _Layout(tuple(before), chunk, frames)
        content = file.read_at(chunk.body, chunk.size)
        if chunk.kind == b"fmt ":
            frames = int.from_bytes(content[12:14], "little")
        if chunk.kind != b"ds64" and content[:4] != b"INFO":
            before.append((chunk.kind, content))
    raise ValueError("a WAV without a data chunk")


def _whole(before: int, behind: int, layout: _Layout) -> int:
    """Bytes of a plain RIFF behind its first eight."""
    return 4 + before + 8 + layout.data.size + layout.data.size % 2 + behind


def _write_head(target: BinaryIO, before: int, behind: int, layout: _Layout) -> None:
    whole = _whole(before, behind, layout)
    if whole <= _LARGEST:
        target.write(b"RIFF" + struct.pack("<I", whole) + b"WAVE")
        return
    frame_bytes = max(layout.frames, 1)
    sizes = _DS64.pack(whole + 8 + _DS64.size, layout.data.size, layout.data.size // frame_bytes, 0)
    target.write(b"RF64" + b"\xff" * 4 + b"WAVE" + _packed([(b"ds64", sizes)]))


def _first(extras: Extras, tags: Mapping[str, str], step: Step) -> list[tuple[bytes, bytes]]:
    broadcast = bext.adapted(extras.bext, step) if extras.bext else bext.from_tags(dict(tags), step)
    notes = ixml.adapted(extras.ixml, step) if extras.ixml else b""
    playout = cart.adapted(extras.cart, step) if extras.cart else b""
    found = ((b"bext", broadcast), (b"iXML", notes), (b"cart", playout))
    return [(kind, content) for kind, content in found if content]


def _lists(extras: Extras, tags: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    listed = info.packed(_told(extras, tags))
    return [(b"LIST", listed)] if listed else []


def _last(extras: Extras, tags: Mapping[str, str], step: Step) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    if extras.cues is not None:
        marks = cues.adapted(extras.cues, step)
    else:
        marks = cues.from_markers(extras.markers, step.rate_out)
    if len(marks.points) > 4:
        found.append((b"cue ", marks.points))
        if marks.said:
            found.append((b"LIST", b"adtl" + marks.said))
    if extras.smpl:
        found.append((b"smpl", smpl.adapted(extras.smpl, step)))
    # libsndfile reads no RF64 in which chunks have an odd length; to a reader of XML, white space at its end is none.
    found += [(kind, content + b"\n" * (len(content) % 2)) for kind, content in extras.as_they_are]
    told = _told(extras, tags)
    if extras.pictures or not all(info.holds(name) for name in told):
        found.append((b"id3 ", id3.packed(told, extras.pictures, (), Fraction(0))))
    return found


def _told(extras: Extras, tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that no other chunk holds."""
    has_bext = bool(extras.bext) or "time_reference" in tags
    return {name: text for name, text in tags.items() if not (has_bext and name in bext.TAGS)}


def _packed(parts: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(packed_chunk(kind, content) for kind, content in parts)


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    while size > 0 and (part := source.read(min(size, 1 << 20))):
        target.write(part)
        size -= len(part)

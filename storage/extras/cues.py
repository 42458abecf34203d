"""The markers of a WAV: cue points, and what is said of them."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from storage.audio.riff import packed_chunk, text_of
from storage.extras.extras import MOST_MARKERS, Cues, Marker, Step

#: Number, position, chunk, where the chunk and a block in it begin, and the sample.
_POINT = struct.Struct("<II4sIII")
#: A stretch of sound: the cue point where it begins, samples, purpose; then languages and a text.
_STRETCH = struct.Struct("<II4s")
_LARGEST = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class _Said:
    """Something said of a cue point: a name, a note, or how long it lasts."""

    kind: bytes
    content: bytes

    @property
    def point(self) -> int:
        return int.from_bytes(self.content[:4], "little")

    @property
    def text(self) -> str:
        return text_of(self.content[4:].partition(b"\0")[0])


def adapted(cues: Cues, step: Step) -> Cues:
    """The same markers at the same moments of the result."""
    points = b"".join(
        _POINT.pack(number, _moved(position, step), chunk, start, block, _moved(sample, step))
        for number, position, chunk, start, block, sample in _points(cues.points)
    )
    count = struct.pack("<I", len(points) // _POINT.size)
    said = b"".join(_packed(one, step) for one in _said(cues.said))
    return Cues(count + points, said)


def markers_of(cues: Cues, rate: int) -> tuple[Marker, ...]:
    """The markers in order, for formats that hold chapters."""
    said = list(_said(cues.said))
    names = {one.point: one.text for one in said if one.kind == b"labl"}
    lengths = {
        one.point: int.from_bytes(one.content[4:8], "little")
        for one in said
        if one.kind == b"ltxt" and len(one.content) >= _STRETCH.size
    }
    markers = [
        Marker(
            Fraction(sample, rate),
            Fraction(sample + lengths[number], rate) if lengths.get(number) else None,
            names.get(number, ""),
        )
        for number, _, _, _, _, sample in _points(cues.points)
    ]
    return tuple(sorted(markers, key=lambda marker: marker.at))


def from_markers(markers: Sequence[Marker], rate: int) -> Cues:
    """Cue points for the chapters of another format, in samples of this rate."""
    points, said, lengths = [], [], []
    for number, marker in enumerate(markers, 1):
        sample = min(round(marker.at * rate), _LARGEST)
        points.append(_POINT.pack(number, sample, b"data", 0, 0, sample))
        if marker.label:
            said.append(packed_chunk(b"labl", struct.pack("<I", number) + marker.label.encode() + b"\0"))
        if marker.until is not None and marker.until > marker.at:
            length = min(round((marker.until - marker.at) * rate), _LARGEST)
            lengths.append(packed_chunk(b"ltxt", _STRETCH.pack(number, length, b"rgn ") + bytes(8)))
    # All names before all lengths: FFmpeg reads no name behind a length.
    return Cues(struct.pack("<I", len(points)) + b"".join(points), b"".join(said + lengths))


def _points(content: bytes) -> Iterator[tuple[int, int, bytes, int, int, int]]:
    count = min(int.from_bytes(content[:4], "little"), MOST_MARKERS, max(0, len(content) - 4) // _POINT.size)
    for place in range(count):
        yield _POINT.unpack_from(content, 4 + place * _POINT.size)


def _said(content: bytes) -> Iterator[_Said]:
    at = 0
    # A name, a note and a length for each marker.
    for _ in range(3 * MOST_MARKERS):
        if at + 8 > len(content):
            return
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        body = content[at + 8 : at + 8 + size]
        if len(body) >= 4:
            yield _Said(content[at : at + 4], body)
        at += 8 + size + size % 2


def _packed(said: _Said, step: Step) -> bytes:
    content = said.content
    if said.kind == b"ltxt" and len(content) >= _STRETCH.size:
        length = _moved(int.from_bytes(content[4:8], "little"), step)
        content = content[:4] + struct.pack("<I", length) + content[8:]
    return packed_chunk(said.kind, content)


def _moved(sample: int, step: Step) -> int:
    return min(step.moved(sample), _LARGEST)

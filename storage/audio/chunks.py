"""Finds the sound data of WAV, RF64, W64 and AIFF files, because the decoder hides it when some is missing."""

import struct
from dataclasses import dataclass

from storage.audio.riff import RIFFS, chunks, number_at
from storage.audio.source_file import SourceFile
from storage.errors import AudioError

#: Chunks of a W64 looked at.
_MOST_CHUNKS = 1_000
#: Data sizes written by programs that cannot go back to fill them in: 0 and 4 GiB (libsndfile, ffmpeg), 2 GiB (sox,
#: arecord), the last two rounded down a little.
_PLACEHOLDERS = (range(1), range(0x7FFF_E000, 0x8000_0001), range(0xFFFF_FF00, 0x1_0000_0000))
_UNKNOWN_64 = 0xFFFF_FFFF_FFFF_FFFF
_SSND_HEADER = 8  # bytes: offset and block size, before the samples of an AIFF
_W64_HEADER = 24  # bytes: GUID and size, which counts itself


@dataclass(frozen=True)
class DataChunk:
    """Where the samples are, how many bytes of them the header promises, and how many are there."""

    promised: int
    there: int
    bytes_per_second: float
    streamed: bool = False
    #: Offset of the 32-bit size field of a WAV.
    size_at: int = 0

    def seconds(self, size: int) -> float:
        """How long this many bytes of it last."""
        return size / self.bytes_per_second if self.bytes_per_second else 0.0


def find_data(file: SourceFile) -> DataChunk | None:
    """The data chunk, or None for another kind of file; raises if the header ends too early."""
    head = file.read_at(0, 40)
    found: DataChunk | None
    if head[:4] in RIFFS and head[8:12] in {b"WAVE", b""}:
        found = _wav_data(file, ">" if head[:4] == b"RIFX" else "<")
    elif head[:4] == b"riff" and head[24:28] in {b"wave", b""}:
        found = _w64_data(file)
    elif head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC", b""}:
        found = _aiff_data(file)
    else:
        return None
    if found is None:
        raise AudioError(f"The header of {file.label} is cut off before its sound begins; copy the file again")
    return found


def _wav_data(file: SourceFile, order: str) -> DataChunk | None:
    per_second = 0
    for chunk in chunks(file, order):
        if chunk.kind == b"fmt ":
            per_second = number_at(file, chunk.body + 8, f"{order}I")
        elif chunk.kind == b"data":
            there = max(0, file.size - chunk.body)
            streamed = _is_streamed(file, order, chunk.size, there)
            return DataChunk(chunk.size, there, per_second, streamed, chunk.body - 4)
    return None


def _is_streamed(file: SourceFile, order: str, promised: int, there: int) -> bool:
    if not there or promised == there:
        return False
    if promised == 0:
        # The size in a truly empty file counts the chunks behind its data; one written into a pipe cannot.
        return number_at(file, 4, f"{order}I") != file.size - 8
    return promised == _UNKNOWN_64 or any(promised in sizes for sizes in _PLACEHOLDERS)


def _w64_data(file: SourceFile) -> DataChunk | None:
    at, per_second = 40, 0
    for _ in range(_MOST_CHUNKS):
        header = file.read_at(at, _W64_HEADER)
        if len(header) < _W64_HEADER:
            return None
        size = max(_W64_HEADER, int(struct.unpack("<Q", header[16:])[0]))
        if header[:4] == b"fmt ":
            per_second = number_at(file, at + _W64_HEADER + 8, "<I")
        elif header[:4] == b"data":
            return DataChunk(size - _W64_HEADER, max(0, file.size - at - _W64_HEADER), per_second)
        at += -(-size // 8) * 8
    return None


def _aiff_data(file: SourceFile) -> DataChunk | None:
    per_second, declared = 0.0, 0
    for chunk in chunks(file, ">"):
        if chunk.kind == b"COMM":
            content = file.read_at(chunk.body, 18).ljust(18, b"\0")
            channels, frames, bits, exponent, mantissa = struct.unpack(">HIHHQ", content)
            frame_size = channels * -(-bits // 8)
            # The rate is an 80-bit float: 15 bits of exponent and a mantissa that shows its leading one.
            per_second = frame_size * mantissa * 2.0 ** min(64, exponent - 16383 - 63)
            declared = frames * frame_size if chunk.size == 18 else 0
        elif chunk.kind == b"SSND":
            promised = max(declared, chunk.size - _SSND_HEADER)
            return DataChunk(promised, max(0, file.size - chunk.body - _SSND_HEADER), per_second)
    return None

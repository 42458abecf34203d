"""Recordings that cannot be used, one of each kind, and the error for each."""

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from storage.audio.read import open_source
from testing.sounds import encoded, muxed, noise, pcm16, silent_film, tone, wav

RATE = 16_000
_TONE, _NOISE = tone(RATE, RATE), noise(4 * RATE)
_WAV, _AIFF = wav(pcm16(_TONE)), encoded(_TONE, RATE, "AIFF", "PCM_16")


@dataclass(frozen=True, slots=True)
class BadRecording:
    """A file's name, how to make it, and a part of the error."""

    what: str
    file: str
    make: Callable[[Path], object]
    words: str

    def tell(self, folder: Path) -> str | None:
        """Read it whole, as a job does: None if that succeeds, else the error is raised."""
        path = folder / self.file
        self.make(path)
        with open_source(path, self.file) as source:
            for _ in source.blocks():
                pass
        return None


def _of(what: str, file: str, content: bytes, words: str) -> BadRecording:
    return BadRecording(what, file, lambda path: path.write_bytes(content), words)


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _damaged_flac() -> bytes:
    content = bytearray(encoded(_NOISE, RATE, "FLAC", "PCM_16"))
    middle = len(content) // 2
    content[middle : middle + 2_000] = bytes(2_000)
    return bytes(content)


def _with(value: float) -> bytes:
    samples = tone(RATE, RATE)
    samples[RATE // 2] = value
    return encoded(samples, RATE, "WAV", "FLOAT")


def _two_rates() -> bytes:
    return muxed(_TONE, RATE, "adts", "aac") + muxed(tone(48_000, 48_000), 48_000, "adts", "aac")


def _picture() -> bytes:
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    written = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def _archive() -> bytes:
    import zipfile

    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("talk.wav", _WAV)
    return out.getvalue()


def _unknown_code() -> bytes:
    return _WAV[:20] + struct.pack("<H", 0x7777) + _WAV[22:]


_PAGE = b"<!DOCTYPE html><html><title>404 Not Found</title></html>\n"

RECORDINGS = [
    _of("an empty file", "talk.wav", b"", "is empty"),
    _of("text", "diary.wav", b"dear diary, nothing happened today\n" * 40, "is text, not sound"),
    _of("a web page instead of a download", "talk.mp3", _PAGE, "is text, not sound"),
    _of("a playlist", "talk.m3u8", b"#EXTM3U\n#EXTINF:10,\nhttp://localhost:1/a.ts\n", "is text, not sound"),
    _of("random bytes", "talk.flac", np.random.default_rng(7).bytes(50_000), "damaged or in an unknown format"),
    _of("a picture", "cover.png", _picture(), "."),
    _of("an archive with a recording in it", "talks.zip", _archive(), "damaged or in an unknown format"),
    _of("a film without sound", "film.mp4", silent_film(), "pictures but no sound"),
    _of("WAV, cut inside its header", "talk.wav", _WAV[:30], "cut off before its sound begins"),
    _of("WAV, half of it missing", "talk.wav", _half(_WAV), "promises 1.000 s .* holds only 0.499 s"),
    _of("WAV that promises 4 GB", "talk.wav", wav(pcm16(_TONE), size=4_000_000_000), "promises 125000.000 s"),
    _of("WAV in an unknown encoding", "talk.wav", _unknown_code(), "."),
    _of("WAV without samples", "talk.wav", wav(b""), "holds no samples"),
    _of("AIFF, half of it missing", "talk.aiff", _half(_AIFF), "promises 1.000 s"),
    _of("RF64, half of it missing", "talk.wav", _half(encoded(_NOISE, RATE, "RF64", "PCM_16")), "promises 4.0"),
    _of("FLAC, cut inside its header", "talk.flac", encoded(_TONE, RATE, "FLAC", "PCM_16")[:30], "begins like FLAC"),
    _of("FLAC, damaged in the middle", "talk.flac", _damaged_flac(), "cut off or damaged after about"),
    _of("Ogg, half of it missing", "talk.ogg", _half(encoded(_NOISE, RATE, "OGG", "VORBIS")), "Ogg page"),
    _of("Opus, half of it missing", "talk.opus", _half(encoded(_NOISE, RATE, "OGG", "OPUS")), "Ogg page"),
    _of("MP3, half of it missing", "talk.mp3", _half(encoded(_NOISE, RATE, "MP3", "MPEG_LAYER_III")), "promises"),
    _of(
        "M4A, half of it missing",
        "talk.m4a",
        _half(muxed(_TONE, RATE, "ipod", "aac")),
        "damaged or in an unknown form",
    ),
    _of("WebM, half of it missing", "talk.webm", _half(muxed(_NOISE[:, 0], 48_000, "webm", "libopus")), "promis"),
    _of("a rate of 1 kHz", "talk.wav", wav(pcm16(tone(1_000, 1_000)), 1_000), "sample rate of 1000 Hz"),
    _of("a rate of 1 MHz", "talk.wav", wav(pcm16(tone(1_000, 1_000)), 1_000_000), "sample rate of 1000000 Hz"),
    _of("a value that is not a number", "talk.wav", _with(np.nan), r"NaN or infinity\) at sample 8000"),
    _of("an infinite value", "talk.wav", _with(np.inf), r"NaN or infinity\) at sample 8000"),
    _of("a rate that changes midway", "talk.aac", _two_rates(), "changes its sample rate"),
    BadRecording("a folder instead of a file", "talks", Path.mkdir, "is a directory"),
    BadRecording("a named pipe", "pipe.wav", os.mkfifo, "a device or a pipe"),
    BadRecording("a file that does not exist", "gone.wav", lambda _: None, "No such file"),
    BadRecording("a file below a file", "talk.wav/one.wav", lambda path: path.parent.touch(), "Not a directory"),
]
#: Recordings that look bad but are read.
READ = [
    _of("WAV from a pipe, with sizes of 0", "talk.wav", wav(pcm16(_TONE), size=0, riff=0), ""),
    _of("WAV from a pipe, with sizes of 4 GiB", "talk.wav", wav(pcm16(_TONE), size=2**32 - 1, riff=2**32 - 1), ""),
    _of("a WAV named as an MP3", "talk.mp3", _WAV, ""),
    _of("a WAV with rubbish after its sound", "talk.wav", wav(pcm16(_TONE), behind=b"\xff" * 999), ""),
    _of("a single sample", "talk.wav", wav(pcm16(tone(1, RATE) + 0.1)), ""),
]

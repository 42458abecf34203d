"""Every unusable recording is refused with its own error."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from storage.audio.read import open_source, probe
from storage.errors import AudioError, ObjectStoreError
from testing.sounds import encoded, muxed, noise, pcm16, silent_film, tone, wav

RATE = 16_000
GOOD = wav(pcm16(tone(RATE, RATE)))
RF64 = encoded(tone(RATE, RATE), RATE, "RF64", "PCM_16")


def with_number(content: bytes, at: int, number: int, size: int, order: str = "little") -> bytes:
    return content[:at] + number.to_bytes(size, order) + content[at + size :]  # type: ignore[arg-type]


HUGE = 100 * 2**30
W64 = encoded(tone(RATE, RATE), RATE, "W64", "PCM_16")
AIFF = encoded(tone(RATE, RATE), RATE, "AIFF", "PCM_16")
RANDOM = np.random.default_rng(7).bytes(50_000)

REFUSED_BY_HEADER = {
    "empty": (b"", "is empty"),
    "text": (b"dear diary, today I recorded nothing\n" * 50, "is text, not sound"),
    "playlist": (b"#EXTM3U\n#EXTINF:10,\nhttp://localhost:1/a.ts\n", "is text, not sound"),
    "random": (RANDOM, "damaged or in an unknown format"),
    "wav of two bytes": (b"RI", "damaged or in an unknown format|is text"),
    "wav header cut after its magic": (GOOD[:4], "header of x is cut off"),
    "wav header cut in fmt": (GOOD[:30], "header of x is cut off"),
    "wav header cut before data": (GOOD[:38], "header of x is cut off"),
    "w64 header cut": (W64[:60], "header of x is cut off"),
    "aiff header cut": (AIFF[:30], "header of x is cut off"),
    "wav with half missing": (GOOD[: 44 + RATE], r"promises 1\.000 s of sound but holds only 0\.500 s"),
    "wav with all sound missing": (GOOD[:44], r"promises 1\.000 s of sound but holds only 0\.000 s"),
    "wav of 4 GB": (wav(pcm16(tone(RATE, RATE)), size=4_000_000_000), r"promises 125000\.000 s .* only 1\.000 s"),
    "rf64 of 100 GB": (with_number(RF64, 28, HUGE, 8), r"promises 3355443\.200 s of sound but holds only 1\.000 s"),
    "w64 of 100 GB": (with_number(W64, W64.index(b"data") + 16, HUGE, 8), r"promises 33554\d\d\.\d+ s .* 1\.000 s"),
    "w64 whose chunks lie beyond its end": (with_number(W64, 56, 2**64 - 1, 8), "header of x is cut off"),
    "aiff with half missing": (AIFF[: 54 + RATE], r"promises 1\.000 s of sound but holds only 0\.500 s"),
    "aiff with many frames": (with_number(AIFF, AIFF.index(b"COMM") + 10, 2**31, 4, "big"), "promises 134217"),
    "wav without samples": (wav(b""), "holds no samples"),
    "wav without samples but with tags": (wav(b"", behind=b"LIST\4\0\0\0INFO"), "holds no samples"),
    "aiff without samples": (encoded(noise(0), RATE, "AIFF", "PCM_16"), "holds no samples"),
    "1 kHz": (wav(pcm16(tone(1000, 1000)), 1000), "sample rate of 1000 Hz"),
    "1 MHz": (wav(pcm16(tone(1000, 1000)), 1_000_000), "sample rate of 1000000 Hz"),
    "flac header cut": (encoded(tone(RATE, RATE), RATE, "FLAC", "PCM_16")[:30], "begins like FLAC"),
    "ogg header cut": (encoded(tone(RATE, RATE), RATE, "OGG", "VORBIS")[:90], "Ogg page|begins like Ogg"),
    "ogg with half missing": (encoded(noise(RATE * 4), RATE, "OGG", "VORBIS")[:9_000], "middle of an Ogg page"),
    "m4a with half missing": (
        muxed(tone(RATE, RATE), RATE, "ipod", "aac")[:4_000],
        "damaged or in an unknown format",
    ),
    "film without sound": (silent_film(), "pictures but no sound"),
}


@pytest.mark.parametrize(("content", "sentence"), REFUSED_BY_HEADER.values(), ids=REFUSED_BY_HEADER)
def test_the_header_alone_is_enough_to_refuse(
    content: bytes, sentence: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Paths and file objects are refused alike, with one sentence and nothing on stderr."""
    path = tmp_path / "talk.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=sentence) as from_path:
        probe(path, "x")
    with pytest.raises(AudioError, match=sentence):
        probe(io.BytesIO(content), "x")
    assert "\n" not in str(from_path.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["noise.mp3", "noise.flac", "noise.m4a", "noise.raw"])
def test_random_bytes_are_refused_under_any_name(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    path.write_bytes(RANDOM)
    with pytest.raises(AudioError, match=f"{name} is damaged or in an unknown format"):
        probe(path, name)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: folder, "is a directory"),
        (lambda folder: folder / "missing.wav", r"cannot be opened \(No such file"),
        (lambda folder: folder / "file" / "talk.wav", r"cannot be opened \(Not a directory"),
        (lambda folder: folder / ("n" * 300), r"cannot be opened \(File name too long"),
        (lambda folder: folder / "pipe", "is a device or a pipe"),
    ],
    ids=["directory", "missing", "below a file", "name too long", "pipe"],
)
def test_a_path_that_cannot_be_opened_says_why(make: object, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(GOOD)
    os.mkfifo(tmp_path / "pipe")
    assert callable(make)
    with pytest.raises(AudioError, match=sentence), open_source(make(tmp_path), "x"):
        pass


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_a_value_that_is_not_a_number_is_reported_with_its_position(bad: float, channels: int) -> None:
    samples = noise(40_000, channels)
    samples[24_000, channels - 1] = bad
    with (
        open_source(io.BytesIO(encoded(samples, RATE, "WAV", "FLOAT")), "x") as source,
        pytest.raises(AudioError, match=r"at sample 24000 \(1\.500 s\)"),
    ):
        list(source.blocks())


def test_opposite_infinities_do_not_cancel() -> None:
    samples = noise(100, 2)
    samples[50] = np.inf, -np.inf
    with (
        open_source(io.BytesIO(encoded(samples, RATE, "WAV", "DOUBLE")), "x") as source,
        pytest.raises(AudioError, match="at sample 50 "),
    ):
        list(source.blocks())


class FailingFile(io.BytesIO):
    """A file whose disk or network disappears after its header has been read."""

    def __init__(self, content: bytes, failure: Exception) -> None:
        super().__init__(content)
        self._failure = failure

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 60_000:
            raise self._failure
        return super().read(size)


@pytest.mark.parametrize(
    ("container", "codec"), [("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("adts", "aac")], ids=["wav", "flac", "aac"]
)
def test_a_read_failure_is_not_taken_for_the_end(container: str, codec: str) -> None:
    """A lost connection must not look like a shorter recording, even where shorter ones are allowed."""
    samples = noise(RATE * 20)[:, 0]
    content = muxed(samples, RATE, container, codec) if codec == "aac" else encoded(samples, RATE, container, codec)
    for failure, expected in (
        (OSError(5, "Input/output error"), r"x could not be read to its end \(Input/output error\)"),
        (ObjectStoreError("the store is gone"), "the store is gone"),
    ):
        with (
            pytest.raises((AudioError, ObjectStoreError), match=expected),
            open_source(FailingFile(content, failure), "x", allow_truncated=True) as source,
        ):
            list(source.blocks())


def test_unusual_but_valid_recordings_are_read() -> None:
    """One sample, silence, and 64 channels."""
    for samples in (noise(1), np.zeros((RATE, 1), np.float32), noise(5_000, 64)):
        with open_source(io.BytesIO(encoded(samples, RATE, "WAV", "FLOAT")), "x") as source:
            read = np.concatenate(list(source.blocks()))
        np.testing.assert_allclose(read, samples.mean(axis=1), atol=1e-7)


def riff(channels: int, tag: int = 1, bits: int = 16, *, chunk: bytes = b"", claimed: int = 0) -> bytes:
    """A one-second WAV with any number of channels, optionally with a chunk of false length before its sound."""
    block = channels * bits // 8 & 0xFFFF
    layout = struct.pack("<HHIIHH", tag, channels, RATE, RATE * block & 0xFFFF_FFFF, block, bits)
    odd = chunk[:4] + struct.pack("<I", claimed or len(chunk) - 4) + chunk[4:] if chunk else b""
    sound = pcm16(tone(RATE, RATE))
    body = b"WAVEfmt " + struct.pack("<I", 16) + layout + odd + b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


FLAC = encoded(tone(RATE, RATE), RATE, "FLAC", "PCM_16")
AU = encoded(tone(RATE, RATE), RATE, "AU", "PCM_16")
CAF = encoded(tone(RATE, RATE), RATE, "CAF", "PCM_16")
MANY = struct.pack("<I", 0xFFFF_FFFF) + b"\xff" * 300
HOSTILE = {
    **{f"{channels} channels of kind {tag}": riff(channels, tag, bits)
       for channels in (0, 1025, 65_535) for tag, bits in ((1, 16), (3, 32), (1, 0), (17, 4), (0xFFFE, 16))},
    **{f"{kind.decode()} of 4 billion": riff(1, chunk=kind + MANY)
       for kind in (b"cue ", b"smpl", b"LIST", b"PEAK", b"bext", b"cart", b"inst")},
    **{f"{kind.decode()} of 4 GB": riff(1, chunk=kind + MANY, claimed=0xFFFF_FFF0)
       for kind in (b"cue ", b"smpl", b"LIST", b"bext", b"cart")},
    "flac of 2^36 frames": FLAC[:21] + b"\xff" * 5 + FLAC[26:],
    "flac with a picture of 16 MB": FLAC[:42] + b"\x86\xff\xff\xff" + FLAC[42:],
    "flac with 4 billion comments": FLAC[:42] + b"\x84\x00\x10\x00" + struct.pack("<I", 0) + MANY * 20,
    "au of 4 billion channels": with_number(AU, 20, 0xFFFF_FFFF, 4, "big"),
    "caf of 4 billion channels": with_number(CAF, 44, 0xFFFF_FFFF, 4, "big"),
    "caf of 2^62 bytes": with_number(CAF, CAF.index(b"data") + 4, 2**62, 8, "big"),
}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_false_claim_in_a_header_costs_neither_memory_nor_time(content: bytes) -> None:
    """It is either refused or read as far as there is sound, which is one second."""
    try:
        with open_source(io.BytesIO(content), "x", allow_truncated=True) as source:
            assert sum(map(len, source.blocks())) <= 65 * RATE
    except AudioError as refused:
        assert str(refused)  # noqa: PT017 - either outcome is fine

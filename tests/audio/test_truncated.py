"""A recording that ends too early is refused by default, and read as far as it goes when that is allowed."""

import io
import struct

import numpy as np
import pytest

from storage.audio.read import open_source, probe
from storage.errors import AudioError
from testing.sounds import encoded, muxed, noise, pcm16, tone, wav

RATE = 16_000
FRAMES = RATE * 5


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def read(content: bytes, *, allow_truncated: bool) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    with open_source(io.BytesIO(content), "x", allow_truncated=allow_truncated) as source:
        return np.concatenate(list(source.blocks()))


def damaged_in_the_middle() -> bytes:
    content = bytearray(encoded(noise(FRAMES), RATE, "FLAC", "PCM_16"))
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    return bytes(content)


SHORT = {
    "wav": (cut(encoded(noise(FRAMES), RATE, "WAV", "PCM_16")), "promises 5.000 s of sound but holds only 2.49"),
    "wav of 24 bits and two channels": (
        cut(encoded(noise(FRAMES, 2), RATE, "WAV", "PCM_24")),
        "promises 5.000 s of sound but holds only 2.5",
    ),
    "rf64": (cut(encoded(noise(FRAMES), RATE, "RF64", "PCM_16")), "promises 5.000 s of sound but holds only 2.49"),
    "w64": (cut(encoded(noise(FRAMES), RATE, "W64", "PCM_16")), "promises 5.000 s of sound but holds only 2.49"),
    "aiff": (cut(encoded(noise(FRAMES), RATE, "AIFF", "PCM_16")), "promises 5.000 s of sound but holds only 2.49"),
    "flac": (cut(encoded(noise(FRAMES), RATE, "FLAC", "PCM_16")), r"damaged after about \d\.\d+ s of 5.000 s"),
    "flac damaged in the middle": (damaged_in_the_middle(), r"damaged after about \d\.\d+ s of 5.000 s"),
    "mp3": (cut(encoded(noise(FRAMES), RATE, "MP3", "MPEG_LAYER_III")), "promises 5.000 s of sound but holds only 2"),
    "ogg": (cut(encoded(noise(FRAMES), RATE, "OGG", "VORBIS")), "ends in the middle of an Ogg page"),
    "opus": (cut(encoded(noise(FRAMES), RATE, "OGG", "OPUS")), "ends in the middle of an Ogg page"),
    "matroska": (cut(muxed(noise(FRAMES)[:, 0], RATE, "matroska", "aac")), "promises 5.*but holds only 2"),
    "webm": (cut(muxed(noise(FRAMES)[:, 0], 48_000, "webm", "libopus")), "promises 1.*but holds only 0"),
}


@pytest.mark.parametrize(("content", "sentence"), SHORT.values(), ids=SHORT)
def test_a_short_recording_is_refused_with_both_lengths_and_a_remedy(content: bytes, sentence: str) -> None:
    with pytest.raises(AudioError, match=sentence) as refused:
        read(content, allow_truncated=False)
    assert str(refused.value).endswith(
        "; copy the file again, or allow a truncated recording, to convert what is there"
    )


@pytest.mark.parametrize("content", [content for content, _ in SHORT.values()], ids=SHORT)
def test_a_short_recording_is_read_as_far_as_it_goes_when_allowed(content: bytes) -> None:
    samples = read(content, allow_truncated=True)
    assert 0.6 * RATE < len(samples) < 4 * RATE


def test_an_m4a_with_its_index_first_is_refused_when_short() -> None:
    whole = with_index_first()
    assert abs(len(read(whole, allow_truncated=False)) - FRAMES) < 2048
    with pytest.raises(AudioError, match=r"after about|promises"):
        read(cut(whole), allow_truncated=False)
    assert RATE < len(read(cut(whole), allow_truncated=True)) < 4 * RATE


def with_index_first() -> bytes:
    """Moves an M4A's index before its sound, as for web servers; by hand, because FFmpeg cannot do so in memory."""
    content = muxed(noise(FRAMES)[:, 0], RATE, "ipod", "aac")
    boxes, at = {}, 0
    while at < len(content):
        size = struct.unpack(">I", content[at : at + 4])[0]
        boxes[content[at + 4 : at + 8]] = content[at : at + size]
        at += size
    index = bytearray(boxes[b"moov"])
    at = index.index(b"stco") + 8
    count = struct.unpack(">I", index[at : at + 4])[0]
    for entry in range(count):
        place = at + 4 + 4 * entry
        offset = struct.unpack(">I", index[place : place + 4])[0]
        index[place : place + 4] = struct.pack(">I", offset + len(index))
    return boxes[b"ftyp"] + bytes(index) + boxes.get(b"free", b"") + boxes[b"mdat"]


PIPED = {
    "both sizes 0": (0, 0),
    "both sizes 4 GiB": (0xFFFFFFFF, 0xFFFFFFFF),
    "header size only": (36, 0),
    "2 GiB as sox writes": (0x7FFFF024, 0x7FFFF000),
}


@pytest.mark.parametrize(("riff", "size"), PIPED.values(), ids=PIPED)
def test_a_wav_written_into_a_pipe_is_read_to_its_end(riff: int, size: int) -> None:
    samples = tone(FRAMES, RATE)
    content = wav(pcm16(samples), riff=riff, size=size)
    assert len(read(content, allow_truncated=False)) == FRAMES
    np.testing.assert_allclose(read(content, allow_truncated=False), samples, atol=1e-4)
    facts = probe(io.BytesIO(content), "x")
    assert (facts.rate, facts.channels, facts.frames) == (RATE, 1, FRAMES)


def test_an_rf64_written_into_a_pipe_is_read_to_its_end() -> None:
    content = bytearray(encoded(tone(FRAMES, RATE), RATE, "RF64", "PCM_16"))
    content[20:44] = bytes(24)
    assert len(read(bytes(content), allow_truncated=False)) == FRAMES


def test_a_flac_without_its_length_is_read_to_its_end() -> None:
    content = bytearray(encoded(tone(FRAMES, RATE), RATE, "FLAC", "PCM_16"))
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    assert len(read(bytes(content), allow_truncated=False)) == FRAMES


def test_a_flac_that_is_only_a_header_holds_no_samples() -> None:
    content = bytearray(encoded(tone(FRAMES, RATE), RATE, "FLAC", "PCM_16")[:86])
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    with pytest.raises(AudioError, match="holds no samples"):
        read(bytes(content), allow_truncated=True)


def test_an_mp3_without_a_frame_count_is_read_to_its_end() -> None:
    content = muxed(tone(FRAMES, RATE), RATE, "mp3", "libmp3lame", {"write_xing": "0"})
    facts = probe(io.BytesIO(content), "x")
    assert not facts.frames_exact
    assert FRAMES <= len(read(content, allow_truncated=False)) < FRAMES + 5 * 1152

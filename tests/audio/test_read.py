"""Recordings of every kind become the same stream of mono samples."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.audio.read import open_source, probe
from storage.errors import AudioError
from testing.sounds import Samples, encoded, muxed, noise, tone

RATE = 44_100
FRAMES = 3 * RATE + 123


def read(content: bytes, seconds: float = 2.0) -> Samples:
    with open_source(io.BytesIO(content), "x") as source:
        return np.concatenate(list(source.blocks(seconds)))


EXACT = [
    ("WAV", "PCM_U8", 1 / 127),
    ("WAV", "PCM_16", 1 / 32767),
    ("WAV", "PCM_24", 2**-22),
    ("WAV", "PCM_32", 2**-23),
    ("WAV", "FLOAT", 0.0),
    ("WAV", "DOUBLE", 0.0),
    ("WAVEX", "PCM_16", 1 / 32767),
    ("RF64", "PCM_24", 2**-22),
    ("W64", "PCM_16", 1 / 32767),
    ("AIFF", "PCM_24", 2**-22),
    ("AIFF", "FLOAT", 0.0),
    ("AU", "PCM_16", 1 / 32767),
    ("CAF", "PCM_16", 1 / 32767),
    ("FLAC", "PCM_S8", 1 / 127),
    ("FLAC", "PCM_16", 1 / 32767),
    ("FLAC", "PCM_24", 2**-22),
    ("OGG", "VORBIS", 0.05),
    ("MP3", "MPEG_LAYER_III", 0.05),
]


@pytest.mark.parametrize(("container", "subtype", "tolerance"), EXACT, ids=[f"{c}-{s}" for c, s, _ in EXACT])
def test_every_sample_of_a_format_known_to_libsndfile_is_read(container: str, subtype: str, tolerance: float) -> None:
    samples = tone(FRAMES, RATE)
    content = encoded(samples, RATE, container, subtype)
    facts = probe(io.BytesIO(content), "x")
    assert (facts.rate, facts.channels, facts.frames) == (RATE, 1, FRAMES)
    heard = read(content)
    assert len(heard) == FRAMES
    assert np.max(np.abs(heard - samples)[2000:-2000]) <= tolerance


@pytest.mark.parametrize(
    ("container", "codec", "rate", "padding"),
    [
        ("ipod", "aac", 44_100, 2048),
        ("mp4", "aac", 48_000, 2048),
        ("adts", "aac", 44_100, 2048),
        ("matroska", "aac", 44_100, 2048),
        ("matroska", "flac", 44_100, 0),
        ("ipod", "alac", 44_100, 0),
        ("webm", "libopus", 48_000, 0),
        ("ogg", "libopus", 48_000, 0),
        ("aiff", "pcm_s16be", 44_100, 0),
        ("aiff", "pcm_s8", 44_100, 0),
    ],
)
def test_formats_known_to_ffmpeg_are_read_apart_from_their_padding(
    container: str, codec: str, rate: int, padding: int
) -> None:
    samples = tone(FRAMES, rate)
    content = muxed(samples, rate, container, codec)
    facts = probe(io.BytesIO(content), "x")
    assert (facts.rate, facts.channels) == (rate, 1)
    assert facts.seconds == pytest.approx(FRAMES / rate, abs=0.1)
    heard = read(content)
    assert FRAMES <= len(heard) <= FRAMES + padding
    if container != "adts":  # which cannot record its encoder's delay
        assert np.std((heard[:FRAMES] - samples)[4000:-4000]) < 0.02


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 64])
def test_channels_are_averaged(channels: int) -> None:
    samples = noise(20_000, channels)
    np.testing.assert_allclose(read(encoded(samples, RATE, "WAV", "FLOAT")), samples.mean(axis=1), atol=1e-7)


@settings(max_examples=25, deadline=None)
@given(seconds=st.floats(0.0005, 5), channels=st.sampled_from([1, 2, 3, 7]), frames=st.integers(1, 9000))
def test_the_length_of_blocks_changes_nothing(seconds: float, channels: int, frames: int) -> None:
    content = encoded(noise(frames, channels), 8_000, "FLAC", "PCM_16")
    with open_source(io.BytesIO(content), "x") as source:
        blocks = list(source.blocks(seconds))
    size = max(1, round(seconds * 8_000))
    assert {len(block) for block in blocks[:-1]} <= {size}
    assert all(block.dtype == np.float32 for block in blocks)
    np.testing.assert_array_equal(np.concatenate(blocks), read(content))


def test_blocks_may_be_kept() -> None:
    """A block that was handed out is not overwritten by the next one."""
    samples = noise(RATE * 4)
    with open_source(io.BytesIO(encoded(samples, RATE, "WAV", "FLOAT")), "x") as source:
        np.testing.assert_array_equal(np.concatenate(list(source.blocks(0.3))), samples[:, 0])


def test_paths_and_file_objects_are_read_alike_and_only_paths_are_closed(tmp_path: Path) -> None:
    content = encoded(noise(5_000, 2), RATE, "WAV", "PCM_16")
    path = tmp_path / "talk.raw"  # an extension that libsndfile takes to mean headerless samples
    path.write_bytes(content)
    borrowed = io.BytesIO(content)
    with open_source(path, "x") as source:
        from_path = np.concatenate(list(source.blocks()))
    with open_source(borrowed, "x") as source:
        np.testing.assert_array_equal(np.concatenate(list(source.blocks())), from_path)
    assert not borrowed.closed


@pytest.mark.parametrize(
    ("container", "subtype"),
    [("WAV", "PCM_16"), ("AIFF", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")],
)
def test_title_and_artist_are_found(container: str, subtype: str) -> None:
    content = encoded(tone(5_000, RATE), RATE, container, subtype, title="Über Züge", artist="Ada")
    facts = probe(io.BytesIO(content), "x")
    assert (facts.title, facts.artist) == ("Über Züge", "Ada")


@pytest.mark.parametrize(("container", "codec"), [("ipod", "aac"), ("matroska", "aac"), ("mp3", "libmp3lame")])
def test_title_and_artist_are_found_in_what_ffmpeg_wrote(container: str, codec: str) -> None:
    facts = probe(io.BytesIO(muxed(tone(9_000, RATE), RATE, container, codec, title="Über Züge", artist="Ada")), "x")
    assert (facts.title, facts.artist) == ("Über Züge", "Ada")


def test_an_untagged_recording_has_neither_title_nor_artist() -> None:
    facts = probe(io.BytesIO(encoded(tone(500, RATE), RATE, "WAV", "PCM_16")), "x")
    assert (facts.title, facts.artist) == (None, None)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damage_anywhere_ends_in_samples_or_an_audio_error(data: st.DataObject) -> None:
    """Whichever bytes change, no other exception than an AudioError is raised."""
    container, subtype = data.draw(st.sampled_from([("WAV", "PCM_16"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16")]))
    content = bytearray(encoded(tone(2_000, 8_000), 8_000, container, subtype))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, 120))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(content))
    except AudioError as refused:
        assert str(refused)  # noqa: PT017 - either outcome is fine, any other exception is not

"""A result is as deep as its recording unless somebody asks for another depth that its format holds."""

import io

import pytest

from storage.audio.depth import check_depth, chosen_depth, is_less
from storage.audio.read import probe
from storage.errors import InputError
from testing.sounds import encoded, muxed, noise, tone


@pytest.mark.parametrize(
    ("container", "subtype", "depth"),
    [
        ("WAV", "PCM_U8", "16"), ("WAV", "PCM_16", "16"), ("WAV", "PCM_24", "24"), ("WAV", "PCM_32", "24"),
        ("WAV", "FLOAT", "float"), ("WAV", "DOUBLE", "float"), ("WAV", "ULAW", "16"), ("FLAC", "PCM_24", "24"),
        ("AIFF", "PCM_24", "24"), ("CAF", "ALAC_24", "24"), ("OGG", "VORBIS", "16"), ("MP3", "MPEG_LAYER_III", "16"),
    ],
)  # fmt: skip
def test_the_depth_of_a_recording_is_known(container: str, subtype: str, depth: str) -> None:
    content = encoded(noise(16_000), 16_000, container, subtype)
    assert probe(io.BytesIO(content), "x").depth == depth


@pytest.mark.parametrize(
    ("container", "codec", "depth"),
    [("mov", "pcm_s24le", "24"), ("mov", "pcm_s16le", "16"), ("mov", "pcm_f32le", "float"), ("mp4", "alac", "24"),
     ("ipod", "aac", "16"), ("matroska", "flac", "16"), ("wv", "wavpack", "16")],
)  # fmt: skip
def test_the_depth_of_a_recording_that_ffmpeg_reads_is_known(container: str, codec: str, depth: str) -> None:
    content = muxed(tone(16_000, 16_000), 16_000, container, codec)
    assert probe(io.BytesIO(content), "x").depth == depth


@pytest.mark.parametrize(
    ("format_", "asked", "source", "depth"),
    [
        ("wav", None, "16", "16"), ("wav", None, "24", "24"), ("wav", None, "float", "float"),
        ("flac", None, "16", "16"), ("flac", None, "24", "24"), ("flac", None, "float", "24"),
        ("wav", "16", "float", "16"), ("flac", "24", "16", "24"), ("wav", "float", "16", "float"),
        ("mp3", None, "24", ""), ("mp4", None, "24", ""), ("mkv", None, "24", ""), ("mkv", "24", "16", "24"),
    ],
)  # fmt: skip
def test_a_result_is_as_deep_as_asked_for_else_as_its_recording(
    format_: str, asked: str | None, source: str, depth: str
) -> None:
    assert chosen_depth(format_, asked, source) == depth


@pytest.mark.parametrize(("format_", "depth"), [("flac", "float"), ("mkv", "float"), ("wav", "32")])
def test_a_depth_that_the_format_does_not_hold_is_refused_with_those_that_it_does(format_: str, depth: str) -> None:
    with pytest.raises(InputError, match="16"):
        check_depth(format_, depth)


@pytest.mark.parametrize("format_", ["mp3", "ogg", "opus", "m4a", "mp4", "mov", "webm"])
def test_compressed_sound_has_no_depth_to_ask_for(format_: str) -> None:
    check_depth(format_, None)
    with pytest.raises(InputError, match="no depth of its own"):
        check_depth(format_, "16")


def test_only_what_loses_something_counts_as_less() -> None:
    assert is_less("16", "24")
    assert is_less("24", "float")
    assert not is_less("24", "24")
    assert not is_less("float", "24")
    assert not is_less("", "24")

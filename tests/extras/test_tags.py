"""Tags, covers and chapters go from any format into any other, and the sound stays what it was, to the last sample."""

from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from storage.audio.read import probe
from storage.extras import id3
from storage.extras.extras import Extras, Marker, Picture, Step
from storage.extras.ogg import checksum
from storage.extras.reading import read_extras
from testing import broadcast
from testing.films import png, tagged
from testing.sounds import encoded, tone
from tests.extras.carrying import FORMATS, carried, plain, put, sound_of

TAGS: dict[str, Any] = {
    "album": "Über Züge", "date": "2024-05-06", "comment": "two\nlines", "genre": "Speech", "track": "3",
    "copyright": "© us", "composer": "Clara", "album_artist": "Everybody",
}  # fmt: skip
#: Containers and codecs that FFmpeg writes with tags, and with a cover where it does.
SOURCES = {
    "mp3": ("mp3", "libmp3lame", True), "flac": ("flac", "flac", True), "m4a": ("mp4", "aac", True),
    "ogg": ("ogg", "flac", False), "opus": ("ogg", "libopus", False), "mka": ("matroska", "flac", False),
}  # fmt: skip


@cache
def source(kind: str) -> bytes:
    container, codec, has_cover = SOURCES[kind]
    rate = 48_000 if codec == "libopus" else 24_000
    return tagged(container, codec, rate, cover=png() if has_cover else b"", title="Theirs", artist="They", **TAGS)


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("format_", FORMATS)
def test_all_common_tags_are_carried_over(kind: str, format_: str, tmp_path: Path) -> None:
    found = read_extras(carried(source(kind), tmp_path, format_, 24_000), "x")
    assert {name: found.tags.get(name) for name in TAGS} == TAGS
    # What the record of the job says goes before what stands in the file.
    assert (found.tags["title"], found.tags["artist"]) == ("A title", "Ada")


@pytest.mark.parametrize("kind", [kind for kind, (_, _, has_cover) in SOURCES.items() if has_cover])
@pytest.mark.parametrize("format_", FORMATS)
def test_a_cover_is_carried_over_to_the_byte(kind: str, format_: str, tmp_path: Path) -> None:
    found = read_extras(carried(source(kind), tmp_path, format_, 24_000), "x")
    assert found.pictures == (Picture("image/png", png()),)


@pytest.mark.parametrize("format_", FORMATS)
def test_the_sound_stays_what_it_was(format_: str, tmp_path: Path) -> None:
    rate = 48_000 if format_ == "opus" else 44_100
    before = sound_of(plain(tmp_path, format_, rate))
    marks = tuple(Marker(Fraction(number, 10), None, f"Mark {number}") for number in range(8))
    extras = Extras({"comment": "x" * 70_000}, (Picture("image/png", png()),) * 3, marks, bext=broadcast.bext())
    path = tmp_path / f"result.{format_}"
    put(path, extras, Step(48_000, rate, 1, "16"))
    np.testing.assert_array_equal(sound_of(path), before)
    assert probe(path, "x").frames == probe(plain(tmp_path, format_, rate), "x").frames


@pytest.mark.parametrize("format_", FORMATS)
def test_chapters_are_carried_over(format_: str, tmp_path: Path) -> None:
    content = tagged("mp4", "aac", 24_000, chapters=True)
    found = read_extras(carried(content, tmp_path, format_, 24_000), "x").markers
    assert [(float(marker.at), marker.label) for marker in found] == [(0.0, "Arrival")]


@pytest.mark.parametrize("format_", [format_ for format_ in FORMATS if format_ != "wav"])
def test_markers_of_a_broadcast_wav_become_chapters(format_: str, tmp_path: Path) -> None:
    found = read_extras(carried(broadcast.broadcast(), tmp_path, format_, 24_000), "x").markers
    assert [(round(float(marker.at), 3), marker.label) for marker in found] == [(0.25, "Clap"), (0.75, "Größe")]


@pytest.mark.parametrize("format_", ["flac", "ogg", "opus", "mp3"])
def test_the_time_reference_of_a_broadcast_wav_becomes_a_tag(format_: str, tmp_path: Path) -> None:
    path = carried(broadcast.broadcast(), tmp_path, format_, 24_000)
    tags = read_extras(path, "x").tags
    assert tags["time_reference"] == str(round(Fraction(broadcast.MOMENT * probe(path, "x").rate, 48_000)))
    assert tags["originator"] == broadcast.ORIGINATOR
    assert tags["origination_time"] == broadcast.TIME
    assert tags["date"] == broadcast.DATE
    assert broadcast.DESCRIPTION in path.read_bytes().decode("utf-8", "replace")


def test_a_time_reference_that_went_into_flac_comes_back_into_wav(tmp_path: Path) -> None:
    flac = carried(broadcast.broadcast(), tmp_path, "flac", 24_000).read_bytes()
    found = broadcast.chunks_of(carried(flac, tmp_path, "wav", 48_000).read_bytes())[b"bext"]
    moment = int.from_bytes(found[338:346], "little")
    # The detour over 24 kHz rounds it to every second sample.
    assert abs(moment - broadcast.MOMENT) <= 1
    assert found[256 : 256 + len(broadcast.ORIGINATOR)] == broadcast.ORIGINATOR.encode()


@pytest.mark.parametrize("format_", FORMATS)
def test_tags_about_another_file_are_left_behind(format_: str, tmp_path: Path) -> None:
    content = tagged("flac", "flac", 24_000, comment="kept", encoder="theirs", replaygain_track_gain="-7 dB",
                     itunsmpb="00000 0840 0000", duration="9")  # fmt: skip
    path = carried(content, tmp_path, format_, 24_000)
    assert read_extras(path, "x").tags.get("comment") == "kept"
    found = path.read_bytes()
    assert not [word for word in (b"theirs", b"-7 dB", b"0840") if word in found]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_recording_without_extras_leaves_the_result_as_it_is(format_: str, tmp_path: Path) -> None:
    content = encoded(tone(24_000, 24_000), 24_000, "FLAC", "PCM_16", title="Theirs", artist="They")
    assert not probe(BytesIO(content), "x").extras
    before = plain(tmp_path, format_, 48_000).read_bytes()
    put(tmp_path / f"result.{format_}", read_extras(BytesIO(content), "x"), Step(24_000, 48_000, 1, "16"))
    after = (tmp_path / f"result.{format_}").read_bytes()
    if format_ == "mp3":
        # Its labels are always put in afterwards, because libsndfile knows only Latin letters there.
        assert after.endswith(before[id3.size_at(before[:10]) :])
        return
    # Each Ogg has a number of its own.
    if format_ not in ("ogg", "opus"):
        assert after == plain(tmp_path, format_, 48_000).read_bytes()
    assert len(after) == len(before)


@pytest.mark.parametrize(("container", "subtype"), [("OGG", "VORBIS"), ("OGG", "OPUS")])
def test_pages_of_an_ogg_are_counted_on_and_have_good_sums(container: str, subtype: str, tmp_path: Path) -> None:
    path = tmp_path / ("result.opus" if subtype == "OPUS" else "result.ogg")
    path.write_bytes(encoded(tone(96_000, 48_000), 48_000, container, subtype))
    put(path, Extras({"comment": "x" * 200_000}), Step(48_000, 48_000, 1, ""), Fraction(2))
    content, at, numbers = path.read_bytes(), 0, []
    while at < len(content):
        segments = content[at + 26]
        size = 27 + segments + sum(content[at + 27 : at + 27 + segments])
        page = content[at : at + size]
        assert int.from_bytes(page[22:26], "little") == checksum(page[:22] + bytes(4) + page[26:])
        numbers.append(int.from_bytes(page[18:22], "little"))
        at += size
    assert numbers == list(range(len(numbers)))
    assert soundfile.info(path).frames == 96_000


def test_what_a_format_has_no_place_for_is_left_out_without_harm(tmp_path: Path) -> None:
    path = plain(tmp_path, "m4a", 24_000)
    put(path, Extras({"isrc": "DE-A00"}, (Picture("image/webp", b"RIFF" + bytes(20)),)), Step(48_000, 24_000, 1, ""))
    assert read_extras(path, "x").pictures == ()
    assert len(sound_of(path)) >= 24_000

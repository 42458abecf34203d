"""A film keeps its pictures, subtitles and chapters to the byte; its converted sound begins when its own did."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from storage.audio.formats import sound_format
from storage.audio.read import open_source, probe
from storage.audio.write import open_result
from storage.errors import AudioError, NoSpace, StaleClaim
from storage.extras.film import Film, pack
from storage.extras.reading import read_extras
from testing.films import FRAMES_A_SECOND, SECONDS, film
from testing.sounds import tone

CONTAINERS = {"mp4": "mp4", "mov": "mov", "mkv": "matroska", "webm": "webm"}
RATE = 24_000
#: Matroska counts in thousandths of a second.
STEP = Fraction(1, 500)
LATE = [Fraction(0), Fraction(1, 100), Fraction(1, 2)]


@cache
def source(format_: str, late: Fraction = Fraction(0)) -> bytes:
    return film(CONTAINERS[format_], late=late)


def packed(
    folder: Path, format_: str, content: bytes, *, track: int = 0, keep: bool = False, depth: str = "",
    beat: Callable[[], None] = lambda: None,
) -> Path:  # fmt: skip
    """The film with a loud tone of two seconds for its sound."""
    sound, target = folder / f"sound.{sound_format(format_, depth)}", folder / f"result.{format_}"
    frames = SECONDS * RATE
    with open_result(sound, rate=RATE, format=sound.suffix, frames=frames) as result:
        result.write(3 * tone(frames, RATE, 1_000.0))
    pack(Film("clip", format_, track, keep, RATE, frames), BytesIO(content), sound, target, beat)
    return target


def packets(film_: Path | BytesIO, kind: str) -> list[tuple[object, ...]]:
    with av.open(film_) as container:
        (stream,) = (one for one in container.streams if one.type == kind)
        return [
            (packet.pts * packet.time_base, packet.duration and packet.duration * packet.time_base, bytes(packet))
            for packet in container.demux(stream)
            if packet.size and packet.pts is not None
        ]


def heard_at(film_: Path | BytesIO, track: int = 0) -> Fraction:
    """When the first sample of a track is heard."""
    with av.open(film_) as container:
        frame = next(container.decode(container.streams.audio[track]))
        return Fraction(frame.pts) * Fraction(frame.time_base)


def languages(film_: Path) -> list[str]:
    with av.open(film_) as container:
        found = [stream.metadata.get("language", "") for stream in container.streams.audio]
    # QuickTime has another code for German.
    return ["deu" if language == "ger" else language for language in found]


@pytest.mark.parametrize("format_", CONTAINERS)
def test_pictures_and_subtitles_stay_to_the_byte_and_to_their_moments(format_: str, tmp_path: Path) -> None:
    path = packed(tmp_path, format_, source(format_))
    for kind in ("video", "subtitle"):
        before, after = packets(BytesIO(source(format_)), kind), packets(path, kind)
        assert [packet[2] for packet in after] == [packet[2] for packet in before]
        assert [packet[0] for packet in after] == [packet[0] for packet in before]
    assert len(packets(path, "video")) == SECONDS * FRAMES_A_SECOND


@pytest.mark.parametrize("format_", CONTAINERS)
def test_the_sound_is_the_converted_one_and_no_other_is_left(format_: str, tmp_path: Path) -> None:
    path = packed(tmp_path, format_, source(format_))
    assert languages(path) == ["eng"]
    with open_source(path, "x", allow_truncated=True) as opened:
        samples = np.concatenate(list(opened.blocks()))
        spectrum = np.abs(np.fft.rfft(samples[: opened.facts.rate]))
    assert int(np.argmax(spectrum)) == 1_000
    assert abs(len(samples) / opened.facts.rate - SECONDS) < 0.05


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("format_", CONTAINERS)
def test_sound_that_begins_late_still_does(format_: str, late: Fraction, tmp_path: Path) -> None:
    content = source(format_, late)
    path = packed(tmp_path, format_, content)
    wanted = heard_at(BytesIO(content))
    exact = format_ in ("mp4", "mov")
    assert abs(heard_at(path) - wanted) <= (Fraction(1, RATE) if exact else STEP)
    # What is heard there is the tone, not what an encoder puts before it.
    with open_source(path, "x", allow_truncated=True) as opened:
        first = np.abs(next(opened.blocks())[: opened.facts.rate // 100])
    assert np.max(first) > 0.5


@pytest.mark.parametrize("format_", CONTAINERS)
def test_chapters_and_the_films_title_stay(format_: str, tmp_path: Path) -> None:
    found = read_extras(packed(tmp_path, format_, source(format_)), "x")
    assert [(round(float(m.at), 3), m.label) for m in found.markers] == [(0.0, "Arrival"), (0.7, "Größe")]
    assert found.tags["title"] == "The film"


@pytest.mark.parametrize("format_", CONTAINERS)
def test_the_recordings_own_sound_may_stay_behind_the_converted(format_: str, tmp_path: Path) -> None:
    content = source(format_, Fraction(1, 2))
    path = packed(tmp_path, format_, content, keep=True)
    assert languages(path) == ["eng", "eng", "deu"]
    for own, kept in ((0, 1), (1, 2)):
        assert abs(heard_at(path, kept) - heard_at(BytesIO(content), own)) <= STEP
    with av.open(path) as container:
        is_default = [
            bool(stream.disposition & stream.disposition.__class__.default) for stream in container.streams.audio
        ]
    assert is_default[1:] == [False, False]


@pytest.mark.parametrize("format_", CONTAINERS)
def test_another_track_may_be_the_one_that_is_converted(format_: str, tmp_path: Path) -> None:
    path = packed(tmp_path, format_, source(format_, Fraction(1, 2)), track=1, keep=True)
    assert languages(path) == ["deu", "deu", "eng"]
    assert abs(heard_at(path)) <= STEP


@pytest.mark.parametrize("format_", CONTAINERS)
def test_the_same_film_is_the_same_file(format_: str, tmp_path: Path) -> None:
    first, second = (packed(tmp_path, format_, source(format_), keep=True).read_bytes() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("format_", CONTAINERS)
def test_the_names_of_tracks_stay(format_: str, tmp_path: Path) -> None:
    with av.open(packed(tmp_path, format_, source(format_), track=1)) as container:
        told = container.streams.audio[0].metadata
    assert (told.get("title") or told.get("name")) in ("Sound in deu", "Sound in ger")


def test_a_film_in_matroska_holds_lossless_sound_where_a_depth_is_asked_for(tmp_path: Path) -> None:
    path = packed(tmp_path, "mkv", source("mkv"), depth="24")
    with av.open(path) as container:
        assert container.streams.audio[0].codec_context.name == "flac"
    with open_source(path, "x") as opened:
        assert sum(map(len, opened.blocks())) == SECONDS * RATE


@pytest.mark.parametrize(
    ("format_", "films"),
    [("mp4", ("mp4", "mov")), ("mov", ("mov", "mp4")), ("mkv", ("mkv",)), ("webm", ("webm", "mkv"))],
)
def test_the_formats_that_keep_the_pictures_are_known(format_: str, films: tuple[str, ...]) -> None:
    facts = probe(BytesIO(source(format_)), "x")
    assert (facts.films, facts.pictures) == (films, True)


def test_a_webm_may_become_a_matroska(tmp_path: Path) -> None:
    path = packed(tmp_path, "mkv", source("webm"))
    assert [one[2] for one in packets(path, "video")] == [one[2] for one in packets(BytesIO(source("webm")), "video")]


@pytest.mark.parametrize("format_", CONTAINERS)
def test_a_track_is_read_by_its_number(format_: str) -> None:
    for track, hertz in ((0, 300), (1, 600)):
        with open_source(BytesIO(source(format_)), "x", track=track) as opened:
            samples = np.concatenate(list(opened.blocks()))
            spectrum = np.abs(np.fft.rfft(samples[: opened.facts.rate]))
        assert abs(int(np.argmax(spectrum)) - hertz) <= 1


@pytest.mark.parametrize("format_", CONTAINERS)
def test_a_track_beyond_those_there_are_is_refused_with_their_languages(format_: str) -> None:
    with pytest.raises(AudioError, match=r"2 tracks of sound only \(1 eng, 2 (deu|ger)\)"):
        probe(BytesIO(source(format_)), "x", track=2)


def test_a_recording_of_one_track_has_no_second(tmp_path: Path) -> None:
    with open_result(tmp_path / "a.wav", rate=RATE, format="wav", frames=100) as result:
        result.write(tone(100, RATE))
    with pytest.raises(AudioError, match="one track of sound only"):
        probe(tmp_path / "a.wav", "x", track=1)


def test_a_track_that_begins_late_in_matroska_is_not_taken_for_cut_off() -> None:
    with open_source(BytesIO(film("matroska", late=Fraction(3, 2))), "x") as opened:
        assert abs(sum(map(len, opened.blocks())) / opened.facts.rate - SECONDS) < 0.1


def test_a_film_without_the_track_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="2 tracks of sound only"):
        packed(tmp_path, "mp4", source("mp4"), track=2)


def test_whoever_lost_the_claim_stops(tmp_path: Path) -> None:
    def lost() -> None:
        raise StaleClaim("somebody else's")

    with pytest.raises(StaleClaim):
        packed(tmp_path, "mp4", source("mp4"), beat=lost)


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "result.mkv").symlink_to("/dev/full")
    with pytest.raises(NoSpace):
        packed(tmp_path, "mkv", source("mkv"))


def test_a_film_that_is_cut_off_is_told_as_such_unless_that_is_allowed(tmp_path: Path) -> None:
    content = source("mkv")[:-9_000]
    sound = tmp_path / "sound.opus"
    packed(tmp_path, "mkv", source("mkv"))
    made: Any = Film("clip", "mkv", 0, keep_original=False, rate=RATE, frames=SECONDS * RATE, allow_truncated=True)
    pack(made, BytesIO(content), sound, tmp_path / "again.mkv", lambda: None)
    assert packets(tmp_path / "again.mkv", "video")

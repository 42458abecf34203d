"""Chunks, tags and pictures that lie, repeat themselves or are huge cost no more than they may, and harm nothing."""

import struct
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from storage.audio.extras_there import holds_extras
from storage.audio.read import probe
from storage.audio.source_file import SourceFile
from storage.errors import NoSpace, ObjectStoreError
from storage.extras import bext, cart, cues, ixml, smpl
from storage.extras.extras import MOST_MARKERS, MOST_TAGS, MOST_TEXT_BYTES, Cues, Extras, Step
from storage.extras.reading import kept_tags, read_extras
from testing import broadcast
from testing.broadcast import chunk
from testing.films import png, tagged
from testing.sounds import encoded, tone
from tests.extras.carrying import FORMATS, carried, plain, put, sound_of

STEP = Step(48_000, 24_000, 1, "16")


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<I", 0xFFFF_FFFF) + bytes(48),
        struct.pack("<I", 5),
        b"\xff",
        b"",
    ],
)
def test_a_list_of_markers_that_is_shorter_than_it_says_gives_those_there_are(content: bytes) -> None:
    assert len(cues.markers_of(Cues(content), 48_000)) == max(0, (len(content) - 4) // 24)


def test_no_more_markers_are_read_than_a_recording_may_have() -> None:
    many = struct.pack("<I", 1 << 20) + bytes(24 * (MOST_MARKERS + 100))
    assert len(cues.markers_of(Cues(many), 48_000)) == MOST_MARKERS


@pytest.mark.parametrize("size", [0, 1, 3, 0x7FFF_FFFF, 0xFFFF_FFFF])
def test_names_of_markers_whose_sizes_lie_end_the_list(size: int, tmp_path: Path) -> None:
    said = b"adtl" + b"labl" + struct.pack("<I", size) + b"\1\0\0\0name\0" + b"\xff" * 7
    path = carried(broadcast.broadcast(adtl=said), tmp_path, "wav", 24_000)
    assert len(read_extras(path, "x").markers) == 2


@pytest.mark.parametrize("kind", ["bext", "ixml", "cue", "adtl", "info"])
def test_an_empty_chunk_is_as_none(kind: str, tmp_path: Path) -> None:
    chunks: dict[str, Any] = {kind: b""}
    path = carried(broadcast.broadcast(**chunks), tmp_path, "wav", 24_000)
    assert len(sound_of(path)) == 24_000


def test_a_broadcast_chunk_that_is_cut_off_is_filled_up() -> None:
    assert len(bext.adapted(b"only this", STEP)) >= 602
    assert bext.tags_of(b"only this", STEP)["description"] == "only this"


def test_a_moment_beyond_64_bits_stops_at_the_last_one() -> None:
    latest = bext.adapted(broadcast.bext((1 << 64) - 1), Step(8_000, 192_000, 1, "16"))
    assert struct.unpack_from("<II", latest, 338) == (0xFFFF_FFFF, 0xFFFF_FFFF)


@pytest.mark.parametrize("content", [b"", b"x", broadcast.cart()[:690], b"\xff" * 2_047, b"\xff" * 2_049])
def test_a_cart_of_any_kind_is_filled_up(content: bytes) -> None:
    adapted = cart.adapted(content, Step(8_000, 192_000, 1, "16"))
    assert len(adapted) == max(2_048, len(content) + len(content) % 2)
    assert adapted[:684] == content[:684].ljust(684, b"\0")


@pytest.mark.parametrize("count", [0, 1, 3, 0x7FFF_FFFF, 0xFFFF_FFFF])
def test_loops_whose_number_lies_are_those_that_are_there(count: int) -> None:
    content = bytearray(broadcast.smpl(((5, 4), (0xFFFF_FFFF, 0xFFFF_FFFF)), b""))
    struct.pack_into("<II", content, 28, count, 0xFFFF_FFFF)
    adapted = smpl.adapted(bytes(content), Step(8_000, 192_000, 1, "16"))
    kept, own = struct.unpack_from("<II", adapted, 28)
    assert kept == min(count, 2)
    assert own == len(adapted) - 36 - 24 * kept
    for number in range(kept):
        first, last = struct.unpack_from("<II", adapted, 44 + 24 * number)
        assert first <= last


@pytest.mark.parametrize("size", [0, 1, 35, 37])
def test_a_sampler_chunk_that_is_cut_off_has_no_loops(size: int) -> None:
    assert struct.unpack_from("<I", smpl.adapted(broadcast.smpl()[:size], STEP), 28) == (0,)


def test_no_more_loops_are_kept_than_a_recording_may_have_markers() -> None:
    adapted = smpl.adapted(broadcast.smpl(((0, 1),) * (MOST_MARKERS + 1)), STEP)
    assert struct.unpack_from("<I", adapted, 28) == (MOST_MARKERS,)
    assert adapted[36 + 24 * MOST_MARKERS :].rstrip(b"\0") == b"own"


@pytest.mark.parametrize("kind", [b"cart", b"smpl", b"axml", b"_PMX"])
def test_a_chunk_that_is_empty_or_too_large_is_as_none(kind: bytes) -> None:
    for content in (b"", bytes(MOST_TEXT_BYTES + 1)):
        found = read_extras(BytesIO(broadcast.broadcast(behind=chunk(kind, content))), "x")
        assert (found.cart, found.smpl, found.as_they_are) == (b"", b"", ())


@pytest.mark.parametrize("moment", ["", "-1", "1e9", "٣", "9" * 21, "9" * 5_000, str(1 << 64), "nan"])
def test_a_tag_that_is_no_moment_makes_no_broadcast_chunk(moment: str, tmp_path: Path) -> None:
    assert bext.from_tags({"time_reference": moment}, STEP) == b""
    for format_ in ("wav", "flac"):
        put(plain(tmp_path, format_, 24_000), Extras({"time_reference": moment or "x"}), STEP)


@pytest.mark.parametrize(
    "text",
    [
        b"<FILE_SAMPLE_RATE>" * 50_000,
        b"<TRACK_LIST>" * 80_000,
        b"<LOUDNESS>" + b" " * 900_000,
        b"<TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>7</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>" * 10_000,
        b"<SYNC_POINT_LOW>" + b" " * 900_000,
        b'<!DOCTYPE a [<!ENTITY b "' + b"b" * 900 + b'"><!ENTITY c "' + b"&b;" * 900 + b'">]><a>&c;</a>',
        b"\xff\xfe\x00",
        b"\x00" * 1_000,
    ],
)
def test_ixml_of_any_kind_is_dealt_with_in_no_time(text: bytes) -> None:
    began = time.process_time()
    assert len(ixml.adapted(text, STEP)) <= len(text) + 1
    assert time.process_time() - began < 1.0


def test_a_number_of_many_digits_in_ixml_is_left_alone() -> None:
    text = b"<FILE_SAMPLE_RATE>" + b"9" * 5_000 + b"</FILE_SAMPLE_RATE>"
    assert ixml.adapted(text, STEP).rstrip(b"\n") == text


def test_chunks_larger_than_they_may_be_are_left_out(tmp_path: Path) -> None:
    content = broadcast.broadcast(bext=broadcast.bext() + b"x" * MOST_TEXT_BYTES, ixml=b" " * (MOST_TEXT_BYTES + 1))
    found = read_extras(BytesIO(content), "x")
    assert (found.bext, found.ixml) == (b"", b"")
    assert len(found.markers) == 2


def test_no_more_tags_are_taken_than_results_may_have() -> None:
    assert len(kept_tags((f"name{number}", "x") for number in range(10 * MOST_TAGS))) == MOST_TAGS
    assert kept_tags([("a", "x" * MOST_TEXT_BYTES), ("b", "x")]) == {}


@pytest.mark.parametrize("name", ["a=b", "", "ü", "a" * 81, "a\nb", "a\0"])
def test_names_that_no_format_could_hold_are_left_out(name: str) -> None:
    assert kept_tags([(name, "x"), ("comment", "y")]) == {"comment": "y"}


@pytest.mark.parametrize("format_", FORMATS)
def test_texts_of_any_kind_do_not_break_what_they_are_put_into(format_: str, tmp_path: Path) -> None:
    tags = {"comment": "a=b\n[x]\r\ud800\x1b[2J", "custom name": "=;#\\", "track": "-1/0", "genre": "(99999)"}
    path = plain(tmp_path, format_, 48_000)
    put(path, Extras(kept_tags(tags.items())), STEP)
    assert "genre" in read_extras(path, "x").tags
    assert len(sound_of(path)) >= 48_000


@pytest.mark.parametrize("format_", FORMATS)
def test_what_only_claims_to_be_a_picture_is_left_out(format_: str, tmp_path: Path) -> None:
    content = tagged("flac", "flac", 24_000, cover=b"<svg onload=alert(1)>", comment="x")
    path = carried(content, tmp_path, format_, 24_000)
    assert b"onload" not in path.read_bytes()


def test_pictures_beyond_what_is_carried_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.extras.reading.MOST_PICTURE_BYTES", len(png()) - 1)
    assert read_extras(BytesIO(tagged("flac", "flac", 24_000, cover=png())), "x").pictures == ()


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"RIFF\xff\xff\xff\xffWAVE", b"fLaC", b"OggS" * 99, b"ID3" + bytes(9)]
)
def test_what_is_no_recording_holds_nothing(content: bytes) -> None:
    assert read_extras(BytesIO(content), "x") == Extras()
    holds_extras(SourceFile(BytesIO(content), "x"))


def test_a_store_that_fails_meanwhile_is_told_as_such() -> None:
    class Failing(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ObjectStoreError("the object store does not answer")

    with pytest.raises(ObjectStoreError, match="does not answer"):
        read_extras(Failing(broadcast.broadcast()), "x")


@pytest.mark.parametrize("format_", FORMATS)
def test_a_disk_that_is_full_is_told_as_such_and_leaves_the_result(format_: str, tmp_path: Path) -> None:
    """/dev/full refuses every byte, as a full disk does."""
    path = plain(tmp_path, format_, 24_000)
    (tmp_path / f"result.{format_}.fuller").symlink_to("/dev/full")
    with pytest.raises(NoSpace, match=r"no room to write .*No space left"):
        put(path, Extras({"comment": "x"}), STEP)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert len(sound_of(path)) >= 24_000


#: What each kind of file is like with nothing in it that is carried over, and with something.
QUIET = {
    "WAV": encoded(tone(99, 16_000), 16_000, "WAV", "PCM_16", title="a", artist="b", software="c"),
    "FLAC": encoded(tone(99, 16_000), 16_000, "FLAC", "PCM_16", title="a", artist="b"),
    "AIFF": encoded(tone(99, 16_000), 16_000, "AIFF", "PCM_16", title="a", artist="b"),
    "OGG": encoded(tone(9_999, 16_000), 16_000, "OGG", "VORBIS", title="a", artist="b"),
    "OPUS": encoded(tone(9_999, 16_000), 16_000, "OGG", "OPUS", title="a", artist="b"),
    "MP3": encoded(tone(9_999, 16_000), 16_000, "MP3", "MPEG_LAYER_III"),
    "M4A": tagged("ipod", "aac", 16_000, title="a", artist="b"),
}
TELLING = {
    "WAV": encoded(tone(99, 16_000), 16_000, "WAV", "PCM_16", comment="a"),
    "BWF": broadcast.broadcast(info=b"INFO", ixml=b"", cue=b"", adtl=b""),
    "markers": broadcast.broadcast(bext=b"", info=b"INFO" + chunk(b"ISFT", b"x\0")),
    **{
        kind: encoded(tone(99, 16_000), 16_000, "WAV", "PCM_16") + chunk(kind.encode(), b"some")
        for kind in ("cart", "smpl", "axml", "_PMX")
    },
    "FLAC": encoded(tone(99, 16_000), 16_000, "FLAC", "PCM_16", comment="a"),
    "cover": tagged("flac", "flac", 16_000, cover=png()),
    "AIFF": encoded(tone(99, 16_000), 16_000, "AIFF", "PCM_16", comment="a"),
    "OGG": encoded(tone(9_999, 16_000), 16_000, "OGG", "VORBIS", album="a"),
    "OPUS": encoded(tone(9_999, 16_000), 16_000, "OGG", "OPUS", album="a"),
    "MP3": tagged("mp3", "libmp3lame", 16_000, album="a"),
    "old MP3": encoded(tone(9_999, 16_000), 16_000, "MP3", "MPEG_LAYER_III") + b"TAG" + b"album".rjust(95) + bytes(30),
    "M4A": tagged("ipod", "aac", 16_000, album="a"),
    "chapters": tagged("mp4", "aac", 16_000, chapters=True),
}


@pytest.mark.parametrize("kind", QUIET)
def test_a_recording_with_nothing_beside_its_sound_is_not_looked_into_again(kind: str) -> None:
    assert not probe(BytesIO(QUIET[kind]), "x").extras


@pytest.mark.parametrize("kind", TELLING)
def test_a_recording_with_anything_beside_its_sound_is_noticed(kind: str) -> None:
    assert probe(BytesIO(TELLING[kind]), "x").extras

"""From WAV to WAV all stays that broadcasters and film sets write, and what counts samples counts the result's."""

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from storage.audio.read import probe
from storage.extras import cues, wav
from storage.extras.extras import Cues, Extras, Marker, Step
from storage.extras.reading import read_extras
from testing import broadcast
from testing.broadcast import MARKS, MOMENT, STRETCH, chunks_of
from tests.extras.carrying import carried, plain, put, sound_of

#: What makes no difference, what other voices speak at, and what divides unevenly.
RATES = [48_000, 24_000, 44_100, 40_000, 16_000]


@pytest.fixture(scope="module")
def source() -> bytes:
    return broadcast.broadcast()


def moved(sample: int, rate: int) -> int:
    return round(Fraction(sample * rate, broadcast.RATE))


@pytest.mark.parametrize("rate", RATES)
def test_the_time_reference_names_the_same_moment_at_any_rate(source: bytes, rate: int, tmp_path: Path) -> None:
    content = chunks_of(carried(source, tmp_path, "wav", rate).read_bytes())[b"bext"]
    low, high = struct.unpack_from("<II", content, 338)
    assert low | high << 32 == moved(MOMENT, rate)


def test_the_rest_of_the_broadcast_chunk_stays_but_for_a_line_more_of_history(source: bytes, tmp_path: Path) -> None:
    content = chunks_of(carried(source, tmp_path, "wav", 24_000).read_bytes())[b"bext"]
    assert content[:338] == broadcast.bext()[:338]
    assert content[348:412] == broadcast.UMID
    assert content[602:].rstrip(b"\0").decode() == broadcast.HISTORY + "A=PCM,F=24000,W=16,M=mono,T=voicefarm\r\n"


def test_loudness_of_the_sound_that_was_is_not_claimed_of_the_sound_that_is(source: bytes, tmp_path: Path) -> None:
    content = chunks_of(carried(source, tmp_path, "wav").read_bytes())[b"bext"]
    assert struct.unpack_from("<5h", content, 412) == (0x7FFF,) * 5


@pytest.mark.parametrize("rate", RATES)
def test_markers_stay_at_their_moments_with_names_notes_and_lengths(source: bytes, rate: int, tmp_path: Path) -> None:
    found = chunks_of(carried(source, tmp_path, "wav", rate).read_bytes())
    points = [struct.unpack_from("<II4sIII", found[b"cue "], 4 + 24 * number) for number in range(2)]
    assert [(point[0], point[1], point[5]) for point in points] == [
        (number, moved(at, rate), moved(at, rate)) for number, (at, _) in enumerate(MARKS, 1)
    ]
    assert "Größe".encode() in found[b"adtl"]
    assert b"a note" in found[b"adtl"]
    assert struct.unpack_from("<I", found[b"adtl"], found[b"adtl"].index(b"ltxt") + 12) == (moved(STRETCH, rate),)


def test_ixml_stays_to_the_letter_but_for_what_counts_samples(source: bytes, tmp_path: Path) -> None:
    text = chunks_of(carried(source, tmp_path, "wav", 44_100).read_bytes())[b"iXML"].decode()
    moment = moved(MOMENT, 44_100)
    for name, value in {
        "FILE_SAMPLE_RATE": 44_100, "TIMESTAMP_SAMPLE_RATE": 44_100, "DIGITIZER_SAMPLE_RATE": 48_000,
        "AUDIO_BIT_DEPTH": 16, "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI": moment >> 32,
        "TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO": moment & 0xFFFF_FFFF, "BWF_TIME_REFERENCE_HIGH": moment >> 32,
        "BWF_TIME_REFERENCE_LOW": moment & 0xFFFF_FFFF,
    }.items():  # fmt: skip
        assert f"<{name}>{value}</{name}>" in text
    assert "<PROJECT>Größe &amp; Co</PROJECT><SCENE>12</SCENE><TAKE>3</TAKE>" in text
    assert "<TIMECODE_RATE>25/1</TIMECODE_RATE>" in text
    # The recording had two tracks, which the result has not, and a loudness of its own.
    assert "TRACK_LIST" not in text
    assert "LOUDNESS" not in text


def test_a_list_of_tracks_stays_where_there_are_as_many(tmp_path: Path) -> None:
    content = broadcast.broadcast(ixml=broadcast.ixml(tracks=1))
    assert b"<NAME>Boom</NAME>" in chunks_of(carried(content, tmp_path, "wav").read_bytes())[b"iXML"]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_ixml_stays_in_its_encoding(encoding: str, tmp_path: Path) -> None:
    content = broadcast.broadcast(ixml=broadcast.ixml().decode().encode(encoding))
    found = chunks_of(carried(content, tmp_path, "wav", 24_000).read_bytes())[b"iXML"].decode(encoding)
    assert "Größe" in found
    assert "<FILE_SAMPLE_RATE>24000<" in found


def test_the_chunks_that_programs_read_first_come_before_the_sound(source: bytes, tmp_path: Path) -> None:
    names = list(chunks_of(carried(source, tmp_path, "wav").read_bytes()))
    assert names == [b"bext", b"iXML", b"fmt ", b"INFO", b"data", b"cue ", b"adtl"]


@pytest.mark.parametrize("rate", RATES)
def test_timers_of_a_cart_are_due_at_the_same_moments_and_its_words_stay(rate: int, tmp_path: Path) -> None:
    source = broadcast.broadcast(behind=broadcast.chunk(b"cart", broadcast.cart()))
    found = chunks_of(carried(source, tmp_path, "wav", rate).read_bytes())
    timers = [struct.unpack_from("<4sI", found[b"cart"], 684 + 8 * number) for number in range(4)]
    assert timers == [(usage, moved(at, rate) if usage.strip(b"\0") else at) for usage, at in broadcast.TIMERS]
    assert (found[b"cart"][:684], found[b"cart"][748:]) == (broadcast.cart()[:684], broadcast.cart()[748:])
    assert list(found).index(b"cart") < list(found).index(b"data")


@pytest.mark.parametrize("rate", RATES)
def test_loops_of_a_sampler_hold_the_same_moments_and_its_own_data_stay(rate: int, tmp_path: Path) -> None:
    source = broadcast.broadcast(behind=broadcast.chunk(b"smpl", broadcast.smpl()))
    found = chunks_of(carried(source, tmp_path, "wav", rate).read_bytes())[b"smpl"]
    assert struct.unpack_from("<9I", found) == (1, 2, round(1e9 / rate), 60, 7, 25, 0x01020304, 2, 3)
    loops = [struct.unpack_from("<6I", found, 36 + 24 * number) for number in range(2)]
    assert loops == [
        (number, 0, moved(first, rate), moved(last + 1, rate) - 1, 0, 3)
        for number, (first, last) in enumerate(broadcast.LOOPS)
    ]
    assert loops[0][3] == rate - 1
    assert found[84:].rstrip(b"\0") == b"own"


@pytest.mark.parametrize("text", [b"<a/>", b"<odd/>"])
def test_models_of_the_sound_and_xmp_stay_as_they_are(text: bytes, tmp_path: Path) -> None:
    behind = broadcast.chunk(b"axml", text) + broadcast.chunk(b"_PMX", text * 2)
    path = carried(broadcast.broadcast(behind=behind), tmp_path, "wav", 24_000)
    found = chunks_of(path.read_bytes())
    assert (found[b"axml"].rstrip(b"\n"), found[b"_PMX"]) == (text, text * 2)
    assert len(found[b"axml"]) % 2 == 0


def test_the_sound_is_untouched(source: bytes, tmp_path: Path) -> None:
    before = chunks_of(plain(tmp_path, "wav", 24_000).read_bytes())
    after = chunks_of(carried(source, tmp_path, "wav", 24_000).read_bytes())
    assert after[b"data"] == before[b"data"]
    assert after[b"fmt "] == before[b"fmt "]


def test_texts_of_the_list_stay_but_not_the_name_of_the_recorders_program(source: bytes, tmp_path: Path) -> None:
    listed = chunks_of(carried(source, tmp_path, "wav").read_bytes())[b"INFO"]
    assert b"The film" in listed
    assert b"wild track" in listed
    assert b"Recorder 1.0" not in listed


def test_texts_of_old_windows_programs_are_read(tmp_path: Path) -> None:
    content = broadcast.broadcast(info=b"INFO" + broadcast.chunk(b"ICMT", "Größe".encode("cp1252") + b"\0"))
    assert "Größe".encode() in chunks_of(carried(content, tmp_path, "wav").read_bytes())[b"INFO"]


def test_an_rf64_recording_gives_the_same(source: bytes, tmp_path: Path) -> None:
    plain_one = chunks_of(carried(source, tmp_path, "wav", 24_000).read_bytes())
    other = chunks_of(carried(broadcast.broadcast(rf64=True), tmp_path, "wav", 24_000).read_bytes())
    assert other == plain_one


def test_chunks_behind_more_than_four_gigabytes_are_found(tmp_path: Path) -> None:
    """The sound is a hole in the file, so that the disk need not hold it."""
    path, size = tmp_path / "long.wav", (1 << 32) + 48_000 * 6
    short = broadcast.broadcast(rf64=True)
    head = bytearray(short[: short.index(b"data\xff") + 8])
    struct.pack_into("<QQQ", head, 20, size, size, size // 6)
    with path.open("wb") as file:
        file.write(head)
        file.seek(size, 1)
        file.write(broadcast.chunk(b"cue ", broadcast.cue()) + broadcast.chunk(b"LIST", broadcast.adtl()))
    assert probe(path, "long").extras
    found = read_extras(path, "long")
    assert [marker.label for marker in found.markers] == ["Clap", "Größe"]
    assert found.bext == broadcast.bext()


def test_a_result_beyond_four_gigabytes_becomes_rf64(
    source: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is lowered instead of writing so much."""
    monkeypatch.setattr(wav, "_LARGEST", 50_000)
    path = carried(source, tmp_path, "wav", 44_100)
    content = path.read_bytes()
    assert content[:4] == b"RF64"
    assert int.from_bytes(content[20:28], "little") == len(content) - 8
    assert soundfile.info(path).frames == 44_100
    assert read_extras(path, "x").bext


def test_rf64_with_chunks_of_odd_lengths_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wav, "_LARGEST", 50_000)
    chunks = {b"cart": broadcast.cart() + b"x", b"smpl": broadcast.smpl(), b"axml": b"<odd/>", b"_PMX": b"<odd/>"}
    source = broadcast.broadcast(behind=b"".join(broadcast.chunk(kind, body) for kind, body in chunks.items()))
    path = carried(source, tmp_path, "wav", 44_100)
    assert path.read_bytes()[:4] == b"RF64"
    assert soundfile.info(path).frames == 44_100
    assert set(chunks) <= set(chunks_of(path.read_bytes()))


def test_chapters_of_other_formats_become_markers(tmp_path: Path) -> None:
    path = plain(tmp_path, "wav", 24_000)
    marks = (Marker(Fraction(0), Fraction(1, 2), "One"), Marker(Fraction(1, 2), None, "Zwölf"))
    put(path, Extras(markers=marks), Step(48_000, 24_000, 1, "16"))
    assert read_extras(path, "x").markers == marks


def test_markers_that_a_longer_recording_had_are_told_within_the_result(tmp_path: Path) -> None:
    path = plain(tmp_path, "mp3", 24_000)
    marks = (Marker(Fraction(0), Fraction(5), "One"), Marker(Fraction(3), None, "Two"))
    put(path, Extras(markers=marks), Step(48_000, 24_000, 1, "16"))
    assert read_extras(path, "x").markers == (Marker(Fraction(0), Fraction(1), "One"),)


def test_a_position_beyond_32_bits_stops_at_the_last_one() -> None:
    point = struct.pack("<II4sIII", 1, 0xFFFF_FFFF, b"data", 0, 0, 0xFFFF_FFFF)
    adapted = cues.adapted(Cues(struct.pack("<I", 1) + point), Step(8_000, 192_000, 1, "16"))
    assert struct.unpack_from("<I", adapted.points, 8) == (0xFFFF_FFFF,)


def test_a_float_result_keeps_the_chunks_of_its_own(source: bytes, tmp_path: Path) -> None:
    path = tmp_path / "result.wav"
    soundfile.write(path, np.full(24_000, 0.5, np.float32), 24_000, "FLOAT")
    put(path, read_extras(_file(tmp_path, source), "x"), Step(48_000, 24_000, 1, "float"))
    assert np.all(sound_of(path) == 0.5)
    assert {b"fact", b"bext"} <= set(chunks_of(path.read_bytes()))


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "source.wav"
    path.write_bytes(content)
    return path

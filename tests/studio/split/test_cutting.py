"""The channels of a recording are cut as if each were a recording, and laid end to end without touching."""

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.kinds.conversion import Conversion
from dispatcher.studio.split.cutter import CutAtom
from dispatcher.studio.split.cutting import Cutting
from dispatcher.studio.split.records import atom_row
from storage.audio.grid import channel_stride, resampled_length
from storage.records.schema import JobRecord
from testing.sounds import Samples, encoded, noise
from tests.reports.rows import job

LONGEST_ATOM = 1.0


def wanting(channels: str, rate_voice: int = 24_000) -> JobRecord:
    wanted = job(channels=channels, rate_in=16_000, rate_voice=rate_voice, context_samples=1_600)
    wanted.id = 1
    return wanted


def cut(content: bytes, wanted: JobRecord) -> tuple[list[CutAtom], Cutting]:
    cutting = Cutting(io.BytesIO(content), wanted, LONGEST_ATOM)
    return list(cutting.atoms()), cutting


def recording(frames: int, rate: int, sounding: Sequence[bool]) -> bytes:
    return encoded(noise(frames, len(sounding)) * np.array(sounding, np.float32), rate, "WAV", "FLOAT")


def assert_same(one: CutAtom, other: CutAtom) -> None:
    assert replace(one, samples=other.samples) == other
    np.testing.assert_array_equal(one.samples, other.samples)


@settings(max_examples=25, deadline=None)
@given(
    frames=st.integers(1, 60_000),
    rate=st.sampled_from([8_000, 11_025, 16_000, 44_100]),
    sounding=st.lists(st.booleans(), min_size=2, max_size=4),
)
def test_each_channel_is_cut_as_if_it_were_alone(frames: int, rate: int, sounding: list[bool]) -> None:
    content = recording(frames, rate, sounding)
    each, cutting = cut(content, wanting("each"))
    stride = channel_stride(frames, rate, 16_000)
    alone = []
    for number in (number for number, sounds in enumerate(sounding) if sounds):
        by = number * stride
        alone += [
            replace(a, origin=by, start=a.start + by, stop=a.stop + by, first=a.first + by, last=a.last + by)
            for a in cut(content, wanting(str(number + 1)))[0]
        ]
    assert len(each) == len(alone)
    for place, (one, other) in enumerate(zip(each, alone, strict=True)):
        assert_same(one, replace(other, number=place))
    assert (cutting.frames, cutting.streams) == (frames, sum(sounding))
    assert cutting.seconds == pytest.approx(frames / rate * sum(sounding))


@given(
    frames=st.integers(1, 10 * 3600 * 192_000),
    rate=st.integers(8_000, 192_000),
    engine=st.sampled_from([16_000, 24_000]),
    voice=st.sampled_from([16_000, 24_000, 32_000, 40_000, 44_100, 48_000]),
)
def test_channels_never_touch_at_any_rate(frames: int, rate: int, engine: int, voice: int) -> None:
    stride = channel_stride(frames, rate, engine)
    begins = resampled_length(stride, engine, voice)
    assert begins * engine == stride * voice
    assert resampled_length(frames, rate, engine) < stride
    assert resampled_length(frames, rate, voice) <= begins


@pytest.mark.parametrize("frames", [16_000, 16_001, 30_000])
def test_the_atoms_of_a_channel_add_up_to_the_length_at_the_voices_rate(frames: int) -> None:
    wanted = wanting("each", 44_100)
    atoms, cutting = cut(recording(frames, 16_000, [True, False, True]), wanted)
    for origin in (0, 2 * channel_stride(frames, 16_000, 16_000)):
        rows = [atom_row(wanted, atom, cutting) for atom in atoms if atom.origin == origin]
        begins = resampled_length(origin, 16_000, 44_100)
        assert rows[0]["out_start"] == begins
        assert [row["out_stop"] for row in rows[:-1]] == [row["out_start"] for row in rows[1:]]
        assert rows[-1]["out_stop"] == begins + resampled_length(frames, 16_000, 44_100)


def test_the_first_channels_atoms_come_while_it_is_read() -> None:
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            content = super().read(size)
            self.taken += len(content)
            return content

    file = Counting(recording(20 * 16_000, 16_000, [True, True]))
    next(Cutting(file, wanting("each"), LONGEST_ATOM).atoms())
    assert file.taken < len(file.getvalue()) / 2


@pytest.mark.parametrize("begins", [0.0, 2.5, 8.0])
def test_a_channel_that_begins_with_silence_is_cut_like_any_other(begins: float) -> None:
    samples = noise(10 * 16_000, 2)
    samples[: round(begins * 16_000), 0] = 0.0
    content = encoded(samples, 16_000, "WAV", "FLOAT")
    first = [atom for atom in cut(content, wanting("each"))[0] if atom.origin == 0]
    alone, _ = cut(content, wanting("1"))
    assert len(first) == len(alone)
    for one, other in zip(first, alone, strict=True):
        assert_same(one, other)


def test_without_any_sound_there_are_no_atoms() -> None:
    atoms, cutting = cut(recording(5 * 16_000, 16_000, [False, False]), wanting("each"))
    assert (atoms, cutting.seconds, cutting.frames) == ([], 0.0, 80_000)


def test_opposite_channels_are_remarked_on_only_where_they_are_mixed() -> None:
    left: Samples = noise(16_000)
    content = encoded(np.concatenate([left, -left], axis=1), 16_000, "WAV", "FLOAT")
    remarks = {choice: cut(content, wanting(choice))[1].remark for choice in ("mix", "1", "each")}
    assert "dB quieter than its channels" in remarks.pop("mix")
    assert set(remarks.values()) == {""}


def test_a_failed_piece_is_called_by_its_channels_own_clock() -> None:
    wanted = wanting("each")
    assert (wanted.source_frames, wanted.source_rate) == (120 * 16_000, 16_000)
    at = channel_stride(wanted.source_frames, wanted.source_rate, wanted.rate_in) + 70 * 16_000
    assert Conversion().called(wanted, at, at + 16_000) == (
        "the piece 00:01:10-00:01:11 of channel 2 could not be converted"
    )
    wanted.channels = "2"
    assert Conversion().called(wanted, 0, 16_000) == "the piece 00:00:00-00:00:01 could not be converted"

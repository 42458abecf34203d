"""What is heard without nets: levels, peaks, clipping, clicks, gaps and moves, however the recording comes in."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.quality.clicks import ClickFinder
from dispatcher.quality.envelope import EnvelopeEar, distance, gaps, moves, silence
from dispatcher.quality.loudness import Loudness, LoudnessMeter
from dispatcher.quality.mel import Floats
from dispatcher.quality.pitch import PitchFinder, pitch_likeness
from dispatcher.sample.recording import generate
from storage.audio.blocks import Frames, Mono

#: The rate of all judging, and one that people record at.
RATE, RECORDED = 16_000, 44_100


def song(seconds: float, rate: int = RATE) -> Mono:
    return np.concatenate([block.samples for block in generate(seconds, rate, 1)])


SONG = song(20.0)


def in_pieces(samples: Frames, size: int) -> Iterator[Frames]:
    for first in range(0, len(samples), size):
        yield samples[first : first + size]


def loudness(frames: Frames, rate: int = 48_000, size: int = 1 << 16) -> Loudness:
    meter = LoudnessMeter(rate, frames.shape[1])
    for piece in in_pieces(frames, size):
        meter.push(piece)
    return meter.finish()


def bands(samples: Mono, size: int = 50_000) -> Floats:
    ear = EnvelopeEar()
    for piece in in_pieces(samples, size):
        ear.push(piece)
    return ear.finish()


def clicks(samples: Mono, size: int = 50_000) -> list[float]:
    finder = ClickFinder(RECORDED)
    for piece in in_pieces(samples, size):
        finder.push(piece)
    return [click.seconds for click in finder.finish()]


def sine(hertz: float, peak: float, channels: int, rate: int = 48_000, phase: float = 0.0) -> Frames:
    # It comes and goes softly: a tone that begins at once overshoots.
    soft = np.minimum(np.minimum(np.arange(5 * rate), np.arange(5 * rate)[::-1]) / (0.01 * rate), 1.0)
    wave = peak * soft * np.sin(2.0 * np.pi * hertz * np.arange(5 * rate) / rate + phase)
    return np.repeat(wave.astype(np.float32)[:, None], channels, axis=1)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_tone_has_the_loudness_that_the_standard_says(channels: int) -> None:
    found = loudness(sine(997.0, 10.0 ** (-23.0 / 20.0), channels))
    assert found.lufs == pytest.approx(-23.0, abs=0.05)
    assert found.true_peak_db == pytest.approx(-23.0, abs=0.05)
    assert found.clipped == 0


def test_peaks_between_samples_are_found() -> None:
    found = loudness(sine(12_000.0, 0.5, 1, phase=np.pi / 4.0))
    assert found.true_peak_db == pytest.approx(-6.02, abs=0.05)


def test_silence_and_what_is_too_short_have_no_loudness() -> None:
    assert loudness(np.zeros((48_000, 2), np.float32)) == Loudness(None, -120.0, 0)
    assert loudness(sine(997.0, 0.5, 1)[:10_000]).lufs is None


@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_each_place_that_is_cut_off_counts_once_however_the_recording_comes_in(runs: list[int], size: int) -> None:
    wave = np.concatenate([np.concatenate([np.zeros(3), np.ones(run)]) for run in [*runs, 1]])[:, None].astype(
        np.float32
    )
    assert loudness(wave, size=size).clipped == sum(run >= 3 for run in runs)


def test_a_voice_has_no_clicks_and_one_that_is_put_in_is_found() -> None:
    sung = song(20.0, RECORDED)
    assert clicks(sung) == []
    sung[round(7.25 * RECORDED)] += 0.2
    for size in (50_000, 997):
        (found,) = clicks(sung, size)
        assert found == pytest.approx(7.25, abs=0.003)


def test_a_second_of_silence_is_found_where_it_is() -> None:
    damaged = SONG.copy()
    damaged[8 * RATE : 9 * RATE] = 0.0
    found = gaps(bands(SONG), bands(damaged))
    assert found[0].start >= 7.95
    assert found[-1].end <= 9.05
    assert sum(gap.end - gap.start for gap in found) > 0.8
    assert gaps(bands(SONG), bands(SONG)) == []


@pytest.mark.parametrize("lost", [0.5, 1.0])
def test_a_second_that_is_lost_or_put_in_moves_what_follows(lost: float) -> None:
    whole = song(40.0)
    first, size = 20 * RATE, round(lost * RATE)
    without = np.concatenate([whole[:first], whole[first + size :]])
    (early,) = moves(bands(whole), bands(without))
    assert early.early == pytest.approx(lost, abs=0.02)
    assert 10.0 <= early.seconds <= 24.0
    (late,) = moves(bands(without), bands(whole))
    assert late.early == pytest.approx(-lost, abs=0.02)
    assert moves(bands(whole), bands(whole)) == []


@given(st.integers(200, 60_000))
@settings(max_examples=10, deadline=None)
def test_bands_do_not_depend_on_how_the_recording_comes_in(size: int) -> None:
    np.testing.assert_allclose(bands(SONG[: 3 * RATE], size), bands(SONG[: 3 * RATE]), rtol=1e-5)


def test_what_is_only_louder_or_brighter_is_no_distance() -> None:
    assert distance(bands(SONG), bands(0.5 * SONG)) == pytest.approx(0.0, abs=1e-3)
    assert (distance(bands(SONG), bands(SONG[::-1].copy())) or 0.0) > 3.0
    assert distance(bands(np.zeros(RATE, np.float32)), bands(np.zeros(RATE, np.float32))) is not None
    assert 0.0 < silence(bands(np.concatenate([SONG, np.zeros(20 * RATE, np.float32)]))) < 1.0


@pytest.mark.parametrize("size", [4_000, 700_000])
def test_the_pitch_is_the_one_that_is_sung(size: int) -> None:
    whole = song(40.0)
    known = np.concatenate([block.f0 for block in generate(40.0, RATE, 1)])
    finder = PitchFinder()
    for piece in in_pieces(whole, size):
        finder.push(piece)
    found = finder.finish()
    assert len(found) == 4_000
    likeness = pitch_likeness(known[:4_000], found, 0.0)
    assert likeness is not None
    assert abs(likeness.moved_semitones) < 0.1
    assert likeness.is_within(5.0)
    assert likeness.jumps < 0.05


def test_a_pitch_that_is_off_is_told_in_semitones_and_hertz() -> None:
    source = np.full(500, 200.0)
    off = pitch_likeness(source, source * 2.0 ** (1.0 / 12.0), 0.0)
    assert off is not None
    assert off.moved_semitones == pytest.approx(1.0)
    assert off.rmse_cents == pytest.approx(100.0)
    assert off.rmse_hz == pytest.approx(200.0 * (2.0 ** (1.0 / 12.0) - 1.0))
    assert off.other_notes == 1.0
    moved = pitch_likeness(source, source * 2.0 ** (1.0 / 12.0), None)
    assert moved is not None
    assert moved.rmse_cents == pytest.approx(0.0, abs=1e-9)


def test_octaves_are_jumps_and_count_apart() -> None:
    source = np.full(500, 200.0)
    heard = source.copy()
    heard[:50] *= 2.0
    heard[50:100] = 0.0
    found = pitch_likeness(source, heard, 0.0)
    assert found is not None
    assert found.jumps == pytest.approx(50 / 450)
    assert found.rmse_hz == 0.0
    assert found.voicing_errors == pytest.approx(0.1)
    assert found.is_within(10.0)
    assert pitch_likeness(source, np.zeros(500), 0.0) is None


def test_where_everything_is_an_octave_off_there_is_no_error_beside_the_jumps() -> None:
    source = np.full(500, 200.0)
    found = pitch_likeness(source, 2.0 * source, 0.0)
    assert found is not None
    assert (found.rmse_hz, found.rmse_cents, found.jumps) == (None, None, 1.0)
    assert not found.is_within(1e9)

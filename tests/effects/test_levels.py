"""Levels: loudness and true peak as the standards have them, and what limits, compresses and fades."""

import numpy as np
import pytest

from dispatcher.quality.loudness import LoudnessMeter as Meter
from storage.audio.blocks import Frames
from tests.effects.sounds import RATE, STEREO, cut, decibels, heard, sine, talk
from workers.effects.effect import Shape
from workers.effects.levels import factor
from workers.effects.loudness import LoudnessMeter
from workers.effects.true_peak import TruePeakMeter


def loudness(frames: Frames, rate: int = RATE) -> float | None:
    meter = LoudnessMeter(Shape(rate, frames.shape[1]))
    for piece in cut(frames, (4096,)):
        meter.push(piece)
    return meter.decibels()


def true_peak(frames: Frames, rate: int = RATE) -> float:
    """By FFmpeg's meter and soxr's interpolation, which have nothing in common with ours."""
    meter = Meter(rate, frames.shape[1])
    meter.push(frames)
    return meter.finish().true_peak_db


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_loudness_is_what_the_standard_says_of_its_test_tones(rate: int) -> None:
    tone = sine(1000, 20.0, rate, factor(-23.0))
    assert loudness(np.repeat(tone, 2, axis=1), rate) == pytest.approx(-23.0, abs=0.1)
    parts = [sine(1000, seconds, rate, factor(level)) for seconds, level in ((10, -36), (60, -23), (10, -36))]
    quiet = np.repeat(np.concatenate(parts), 2, axis=1)
    assert loudness(quiet, rate) == pytest.approx(-23.0, abs=0.1), "what is 10 dB quieter does not count"
    surround = np.stack([sine(1000, 20.0, rate, factor(db))[:, 0] for db in (-28, -28, -24, -120, -30, -30)], axis=1)
    assert loudness(surround, rate) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("shape", [STEREO, Shape(48_000, 1), Shape(44_100, 2)])
def test_loudness_is_what_another_meter_says(shape: Shape) -> None:
    sound = talk(8.0, shape)
    meter = Meter(shape.rate, shape.channels)
    meter.push(sound)
    assert loudness(sound, shape.rate) == pytest.approx(meter.finish().lufs, abs=0.15)


def test_silence_and_less_than_a_block_have_no_loudness() -> None:
    assert loudness(np.zeros((RATE, 1), np.float32)) is None
    assert loudness(sine(1000, 0.3)) is None


@pytest.mark.parametrize("level", [-30, -16])
def test_a_recording_gets_the_loudness_that_is_asked_for(level: int) -> None:
    assert loudness(heard(f"loudness {level}", talk(6.0))) == pytest.approx(level, abs=0.02)


def test_effects_before_are_heard_when_loudness_is_measured_and_those_after_are_not() -> None:
    out = heard("lowpass 300 | loudness -20 | gain -3", talk(6.0))
    assert loudness(out) == pytest.approx(-23.0, abs=0.02)


@pytest.mark.parametrize("hertz", [997, 3999, 5333, 7000])
def test_the_true_peak_lies_between_samples_too(hertz: int) -> None:
    tone = sine(hertz, 1.0, RATE, 0.5)
    meter = TruePeakMeter(Shape(RATE, 1))
    for piece in cut(heard("fade 0.1 0.1", tone), (1, 500)):
        meter.push(piece)
    assert meter.decibels() == pytest.approx(20 * np.log10(0.5), abs=0.1)


def test_a_recording_gets_the_peak_that_is_asked_for() -> None:
    assert true_peak(heard("peak -3", talk(3.0))) == pytest.approx(-3.0, abs=0.2)


@pytest.mark.parametrize("shape", [STEREO, Shape(48_000, 1)])
@pytest.mark.parametrize("ceiling", [-1, -6])
def test_nothing_gets_higher_than_the_ceiling_not_even_between_samples(shape: Shape, ceiling: int) -> None:
    rng = np.random.default_rng(3)
    loud = 3 * talk(2.0, shape)
    # Single samples, as sudden as can be, on top of speech that is far too loud.
    loud[rng.integers(0, len(loud), 40)] += rng.choice([-4.0, 4.0], (40, 1)).astype(np.float32)
    out = heard(f"limit {ceiling}", loud, shape.rate)
    assert true_peak(out, shape.rate) < ceiling + 0.1
    assert np.abs(out).max() <= factor(ceiling)


def test_a_limiter_leaves_alone_what_is_below_its_ceiling() -> None:
    sound = talk(2.0) * 0.1
    assert np.array_equal(heard("limit -6", sound), sound)


def test_a_limiter_comes_back_behind_a_peak() -> None:
    tone = sine(200, 3.0, height=0.3)
    tone[RATE : RATE + 20] = 1.5
    out = heard("limit -6 release=0.05", tone)
    assert np.allclose(out[: RATE - 200], tone[: RATE - 200], atol=1e-6)
    assert np.allclose(out[2 * RATE :], tone[2 * RATE :], atol=1e-4)


def test_both_channels_are_turned_alike() -> None:
    sound = np.concatenate([3 * sine(200, 1.0), 0.1 * sine(300, 1.0)], axis=1)
    for text in ("limit -12", "compress -40", "gate -20"):
        ratio = heard(text, sound)[2000:-2000] / np.where(np.abs(sound) < 1e-3, np.nan, sound)[2000:-2000]
        assert np.nanmax(np.abs(ratio[:, 0] - ratio[:, 1])) < 1e-4, text


@pytest.mark.parametrize(("height", "level"), [(-40, -40), (-16, -20), (-4, -16)])
def test_a_compressor_has_its_curve(height: int, level: int) -> None:
    # A sine's power is 3 dB below its height; its threshold here is -22 dB, and three decibels become one.
    out = heard("compress -22 ratio=3", sine(500, 2.0, height=factor(height + 3.01)))
    assert decibels(out[RATE:]) == pytest.approx(level, abs=0.4)


def test_a_compressor_is_there_in_time_and_goes_in_its_own() -> None:
    sound = np.concatenate([sine(500, 1.0, height=0.01), sine(500, 1.0, height=0.9), sine(500, 1.0, height=0.01)])
    out = heard("compress -30 ratio=10 attack=0.002 release=0.1", sound)
    assert np.abs(out[RATE : RATE + 400]).max() < 0.5 * 0.9, "the beginning does not slip through"
    ratio = [decibels(out[at : at + 160]) - decibels(sound[at : at + 160]) for at in (2 * RATE + 160, 3 * RATE - 200)]
    assert ratio[0] < -12
    assert ratio[1] == pytest.approx(0.0, abs=0.2)


def test_a_gate_closes_in_pauses_and_swallows_no_beginning() -> None:
    word, pause = sine(300, 0.5, height=0.3), sine(300, 1.0, height=0.001)
    sound = np.concatenate([pause, word, pause, word])
    out = heard("gate -40 range=30 release=0.05", sound)
    assert decibels(out[: RATE - 800]) == pytest.approx(decibels(pause) - 30, abs=0.5)
    assert np.allclose(out[RATE : RATE + 8000], word, atol=0.01)
    assert decibels(out[RATE * 2 : RATE * 2 + 4000]) < decibels(pause) - 20


def test_sharp_consonants_are_tamed_and_vowels_are_not() -> None:
    rng = np.random.default_rng(0)
    rate = 48_000
    vowel = talk(1.0, Shape(rate, 1))
    hiss = heard("bandpass 6k 9k order=8", (0.3 * rng.standard_normal((rate, 1))).astype(np.float32), rate)
    out = heard("deess 9", np.concatenate([vowel, hiss]), rate)
    assert decibels(out[:rate]) == pytest.approx(decibels(vowel), abs=0.1)
    assert decibels(out[rate + 2000 :]) - decibels(hiss[2000:]) == pytest.approx(-9, abs=1.5)


def test_a_recording_comes_out_of_silence_and_goes_into_it() -> None:
    sound = np.full((RATE * 2, 1), 0.5, np.float32)
    out = heard("fade begin=0.5 end=1", sound)[:, 0]
    assert out[0] == pytest.approx(0.0, abs=1e-4)
    assert out[RATE // 4] == pytest.approx(0.25, abs=1e-3)
    assert np.all(out[RATE // 2 : RATE] == 0.5)
    assert out[RATE + RATE // 2] == pytest.approx(0.25, abs=1e-3)
    assert out[-1] == pytest.approx(0.0, abs=1e-4)

"""Noise goes and voices stay; pitch and speed change apart from each other; voices have their places."""

import numpy as np
import pytest

from storage.audio.blocks import Frames
from storage.errors import InputError
from tests.effects.sounds import RATE, decibels, heard, sine, talk
from workers.effects.effect import Shape


def hertz_of(tone: Frames, rate: int = RATE) -> float:
    """The strongest frequency in the middle of a sound."""
    middle = tone[len(tone) // 4 : 3 * len(tone) // 4, 0]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 18))
    return float(np.argmax(spectrum)) * rate / (1 << 18)


def noisy(level: float, seconds: float = 12.0) -> tuple[Frames, Frames]:
    """Words with pauses of two seconds, and the same with noise."""
    clean = talk(seconds, Shape(RATE, 1))
    at = np.arange(len(clean)) / RATE
    clean *= (np.sin(2 * np.pi * at / 4) > 0)[:, None].astype(np.float32)
    noise = np.random.default_rng(5).standard_normal(clean.shape) * 10 ** (level / 20)
    return clean, (clean + noise).astype(np.float32)


@pytest.mark.parametrize(("amount", "near"), [(6, 1.0), (12, 1.5), (24, 4.0)])
def test_noise_goes_by_as_much_as_is_asked_for(amount: int, near: float) -> None:
    clean, both = noisy(-45.0)
    out = heard(f"reduce-noise {amount}", both)
    pause = slice(round(2.4 * RATE), round(3.8 * RATE))
    assert decibels(out[pause]) - decibels(both[pause]) == pytest.approx(-amount, abs=near)
    speech = slice(round(8.1 * RATE), round(9.9 * RATE))
    before, after = (decibels(sound[speech] - clean[speech]) for sound in (both, out))
    assert after < before, "what is left beside the words is less than the noise that was"
    assert decibels(out[speech]) == pytest.approx(decibels(clean[speech]), abs=0.7)


def test_without_noise_there_is_nothing_to_take_away() -> None:
    clean, _ = noisy(-45.0)
    assert decibels(heard("reduce-noise 12", clean) - clean) < decibels(clean) - 20


@pytest.mark.parametrize("semitones", [-12, -5, 0.5, 4, 12])
def test_a_tone_gets_higher_by_so_many_semitones(semitones: float) -> None:
    tone = sine(330, 2.0)
    out = heard(f"pitch {semitones}", tone)
    assert len(out) == len(tone)
    assert hertz_of(out) == pytest.approx(330 * 2 ** (semitones / 12), rel=0.004)
    middle = slice(RATE // 2, 3 * RATE // 2)
    assert decibels(out[middle]) == pytest.approx(decibels(tone[middle]), abs=0.5)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 2.0])
def test_a_recording_gets_faster_and_keeps_its_pitch(speed: float) -> None:
    tone = sine(330, 4.0)
    out = heard(f"stretch {speed}", tone)
    assert len(out) == round(len(tone) / speed)
    assert hertz_of(out) == pytest.approx(330, rel=0.004)


def test_words_lie_where_the_speed_puts_them() -> None:
    sound = np.zeros((4 * RATE, 1), np.float32)
    sound[2 * RATE : 2 * RATE + RATE // 2] = sine(400, 0.5)
    out = heard("stretch 1.25", sound)
    loud = np.flatnonzero(np.abs(out[:, 0]) > 0.05)
    assert loud[0] == pytest.approx(2 * RATE / 1.25, abs=0.04 * RATE)
    assert loud[-1] == pytest.approx(2.5 * RATE / 1.25, abs=0.04 * RATE)


@pytest.mark.parametrize(("place", "left", "right"), [(-100, 1.0, 0.0), (0, 0.7071, 0.7071), (100, 0.0, 1.0)])
def test_a_voice_stands_in_its_place(place: int, left: float, right: float) -> None:
    tone = sine(300, 0.5)
    out = heard(f"pan {place}", tone)
    assert np.allclose(out, tone * np.array([left, right]), atol=1e-4)


def test_two_channels_are_not_placed() -> None:
    with pytest.raises(InputError, match="put mono before it"):
        heard("pan 20", talk(0.2))
    assert heard("mono | pan 20", talk(0.2)).shape[1] == 2

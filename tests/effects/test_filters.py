"""Filters do what independent implementations do."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import signal

from storage.audio.blocks import Frames
from tests.effects.sounds import decibels, heard, sine, talk
from workers.effects.effect import Shape
from workers.effects.filters import BandPass, BandStop, HighPass, LowPass
from workers.effects.grammar import read_chain
from workers.effects.linear import Linear

RATES = (8_000, 16_000, 44_100, 48_000, 192_000)


def by_recursion(sections: npt.ArrayLike, rate: int) -> tuple[Frames, npt.NDArray[np.float64]]:
    """A sound, and what scipy's recursive filter makes of it in double precision."""
    sound = talk(0.8, Shape(rate, 1))
    expected: npt.NDArray[np.float64] = signal.sosfilt(sections, sound[:, 0].astype(np.float64))
    return sound, expected


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("order", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("kind", ["high", "low"])
def test_passes_are_butterworth_filters(rate: int, order: int, kind: str) -> None:
    hertz = 120.0 if kind == "high" else 3000.0
    sound, expected = by_recursion(signal.butter(order, hertz, kind, fs=rate, output="sos"), rate)
    effect = HighPass(hertz, order) if kind == "high" else LowPass(hertz, order)
    ours = heard(effect.text, sound, rate)
    assert np.abs(ours[:, 0] - expected).max() < 1e-6


@pytest.mark.parametrize("rate", RATES)
def test_a_band_is_what_both_passes_leave(rate: int) -> None:
    sections = np.concatenate(
        [signal.butter(3, 300, "high", fs=rate, output="sos"), signal.butter(3, 3400, fs=rate, output="sos")]
    )
    sound, expected = by_recursion(sections, rate)
    assert np.abs(heard(BandPass(300, 3400, 3).text, sound, rate)[:, 0] - expected).max() < 1e-6


@pytest.mark.parametrize("rate", RATES)
def test_a_stop_is_a_notch(rate: int) -> None:
    b, a = signal.iirnotch(1000, 8.0, fs=rate)
    sound, expected = by_recursion(signal.tf2sos(b, a), rate)
    ours = heard(BandStop(1000).text, sound, rate)[:, 0]
    # Scipy carries the width over to samples in another way, so the two differ a little.
    assert decibels((ours - expected).astype(np.float32)) < decibels(sound) - 35
    tone = sine(1000, 2.0, rate)
    assert decibels(heard("bandstop 1000", tone, rate)[rate:]) < decibels(tone) - 80


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("eq 1k 6", {1000: 6.0, 30: 0.0, 20_000: 0.0}),
        ("eq 1k -12 q=4", {1000: -12.0, 200: 0.0, 5000: 0.0}),
        ("lowshelf 300 6", {10: 6.0, 300: 3.0, 10_000: 0.0}),
        ("highshelf 3k -8", {20: 0.0, 3000: -4.0, 22_000: -8.0}),
        ("tilt 6", {10: -3.0, 1000: 0.0, 23_000: 3.0}),
        ("remove-dc", {2: -8.6, 50: -0.04, 1000: 0.0}),
        ("gain -6", {10: -6.0, 10_000: -6.0}),
        ("highpass 100 order=4", {100: -3.01, 50: -24.1, 1000: 0.0}),
    ],
)
def test_a_response_has_the_levels_that_are_asked_for(text: str, levels: dict[int, float]) -> None:
    (effect,) = read_chain(text).effects
    assert isinstance(effect, Linear)
    size, rate = 1 << 18, 48_000
    response = 20 * np.log10(np.abs(effect.response(rate, size)) + 1e-12)
    for hertz, level in levels.items():
        assert response[round(hertz * size / rate)] == pytest.approx(level, abs=0.3), hertz


@pytest.mark.parametrize("text", ["lowpass 9k", "bandstop 9k", "eq 9k 12", "highshelf 9k 12"])
def test_a_filter_beyond_what_is_in_a_recording_does_nothing(text: str) -> None:
    sound = talk(0.5, Shape(16_000, 1))
    assert np.abs(heard(text, sound, 16_000) - sound).max() < 1e-6


def test_an_offset_goes() -> None:
    sound = talk(4.0, Shape(16_000, 1))
    assert abs(heard("remove-dc", sound + np.float32(0.2), 16_000)[32_000:].mean()) < 1e-3


def test_an_echo_comes_when_and_as_loud_as_it_is_asked_for() -> None:
    click = np.zeros((16_000, 1), np.float32)
    click[100] = 1.0
    echoes = heard("delay 0.25 feedback=50 mix=40", click, 16_000)[:, 0]
    expected = {100: 1.0, 4100: 0.4, 8100: 0.2, 12_100: 0.1}
    assert {int(at): pytest.approx(echoes[at], abs=1e-5) for at in np.flatnonzero(np.abs(echoes) > 1e-3)} == expected


def test_a_room_dies_away_in_its_time_and_is_as_loud_as_it_is_asked_for() -> None:
    click = np.zeros((48_000, 1), np.float32)
    click[0] = 1.0
    room = heard("reverb 0.6 mix=50", click, 16_000)[1:, 0].astype(np.float64)
    assert np.sqrt(np.sum(room**2)) == pytest.approx(0.5, rel=0.05)
    early, late = (np.mean(room[round(at * 16_000) : round((at + 0.05) * 16_000)] ** 2) for at in (0.05, 0.35))
    assert 10 * np.log10(early / late) == pytest.approx(30, abs=6), "60 dB in 0.6 s, the high part sooner"

import numpy as np
import pytest

from workers.engines.world.frames import HOP, RATE
from workers.engines.world.phase import ANCHOR_STEP, anchors, phased, pulse_places, voiced_stretches
from workers.engines.world.pitch import Pitch


def sung(frames: int, unvoiced: int = 40) -> Pitch:
    times = np.arange(frames) * HOP / RATE
    pitch = 210.0 * 2.0 ** (0.04 * np.sin(2.0 * np.pi * 5.5 * times))
    pitch[:unvoiced] = 0.0
    return pitch


def places(pitch: Pitch, first: int) -> np.ndarray:
    """Absolute samples of all pulses in a strip that begins at the frame `first`."""
    return np.concatenate([pulse_places(stretch) for stretch in phased(pitch, first)]) + first * HOP


def test_the_phase_is_whole_at_every_anchor() -> None:
    first = 1000
    pitch = sung(5 * ANCHOR_STEP)
    (stretch,) = phased(pitch, first)
    held = anchors(voiced_stretches(pitch)[0], first)
    assert len(held) == 5
    at = stretch.phase[[frame * HOP - stretch.start for frame in held]]
    np.testing.assert_allclose(at, np.round(at), atol=1e-9)


def test_anchors_bend_the_pitch_by_a_few_cents_at_most() -> None:
    pitch = sung(5 * ANCHOR_STEP)
    (stretch,) = phased(pitch, 0)
    between = (stretch.pitch[1:] + stretch.pitch[:-1]) / 2.0
    cents = 1200.0 * np.log2(np.diff(stretch.phase) * RATE / between)
    assert np.abs(cents).max() < 1200.0 * np.log2(1.0 + 0.5 / pitch[pitch > 0].min()) + 0.01


@pytest.mark.parametrize("cut", [ANCHOR_STEP + 1, 1234, 2 * ANCHOR_STEP, 1999])
def test_a_held_note_has_the_same_pulses_whether_cut_or_not(cut: int) -> None:
    pitch = sung(5 * ANCHOR_STEP)
    begin = cut - ANCHOR_STEP
    uncut = places(pitch, 0)
    after = places(pitch[begin:], begin)
    heard = cut * HOP
    np.testing.assert_allclose(after[after > heard], uncut[uncut > heard], atol=1e-6)


def test_pulses_are_a_period_apart() -> None:
    pitch = sung(300)
    pulses = places(pitch, 0)
    middle = (pulses[1:] + pulses[:-1]) / 2.0
    inside = middle > 41 * HOP
    expected = RATE / np.interp(middle[inside], np.arange(300) * HOP, np.maximum(pitch, pitch.max() * (pitch == 0)))
    np.testing.assert_allclose(np.diff(pulses)[inside], expected, rtol=0.002)


def test_silence_has_no_pulses() -> None:
    assert not list(phased(np.zeros(50), 0))

import numpy as np

from workers.engines.world.envelope import BINS, move_formants
from workers.engines.world.frames import HOP, RATE
from workers.engines.world.noise import white_noise
from workers.engines.world.pulses import pulse_train
from workers.engines.world.synthesis import (
    FRAME_SIZE,
    FRAMES_AHEAD,
    FREQUENCIES,
    Excitation,
    minimum_phase,
    overlap,
    shape,
)

FRAMES = 100


def envelope_of_a_formant(at: float) -> np.ndarray:
    frequencies = np.arange(BINS) * RATE / 2 / (BINS - 1)
    return (-8.0 * np.log(1.0 + ((frequencies - at) / 600.0) ** 2)).astype(np.float32)[None, :]


def test_flat_filters_give_the_excitation_back() -> None:
    noise = white_noise(1, 0, FRAMES * HOP + 1)
    shares = np.ones((FRAMES - 2, len(FREQUENCIES)), np.float32)
    shaped = shape(Excitation(np.zeros_like(noise), noise), 1, np.zeros((FRAMES - 2, BINS), np.float32), shares)
    total = np.zeros((FRAMES + 12) * HOP)
    overlap(total, shaped)
    begins = (1 - FRAMES_AHEAD) * HOP
    inside = slice(5 * HOP, 90 * HOP)
    np.testing.assert_allclose(total[5 * HOP - begins : 90 * HOP - begins], noise[inside], atol=1e-5)


def test_filters_have_the_power_of_the_envelope_and_respond_early() -> None:
    envelope = envelope_of_a_formant(1500.0)
    filters = minimum_phase(envelope)
    wanted = np.interp(FREQUENCIES, np.arange(BINS) * RATE / 2 / (BINS - 1), envelope[0])
    np.testing.assert_allclose(2.0 * np.log(np.abs(filters[0])), wanted, atol=0.05)
    answer = np.fft.irfft(filters[0], FRAME_SIZE) ** 2
    assert answer[: 10 * HOP // 10].sum() > 0.999 * answer.sum()


def test_formants_move_by_the_ratio_and_keep_their_power() -> None:
    still = envelope_of_a_formant(1500.0)
    moved = move_formants(still, 1.2)
    assert abs(moved.argmax() / still.argmax() - 1.2) < 0.02
    assert abs(np.exp(moved).sum() / np.exp(still).sum() - 1.0) < 0.05


def test_pulses_are_as_strong_as_noise_and_have_no_dc_offset() -> None:
    train = pulse_train(np.full(1000, 173.3), 0)
    middle = train[100 * HOP : 900 * HOP]
    assert abs(np.mean(middle**2) - 1.0) < 0.05
    assert abs(middle.mean()) < 0.002

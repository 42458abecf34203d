import numpy as np
import pytest

from dispatcher.sample.recording import generate
from dispatcher.sample.tracks import FRAMES_PER_SECOND
from dispatcher.sample.voice import PEAK
from storage.errors import InputError
from workers.engines.vocoder import WORLD

RATE = 24_000


def recording(seconds: float, rate: int = RATE, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    blocks = list(generate(seconds, rate, seed))
    return np.concatenate([block.samples for block in blocks]), np.concatenate([block.f0 for block in blocks])


@pytest.mark.parametrize(("seconds", "rate"), [(0.00003, 44_100), (0.01, 48_000), (7.12345, 44_100), (30.0, 16_000)])
def test_length_is_exact(seconds: float, rate: int) -> None:
    samples, pitch = recording(seconds, rate)
    assert len(samples) == round(seconds * rate)
    assert len(pitch) == -(-len(samples) * FRAMES_PER_SECOND // rate)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_voice() -> None:
    assert recording(12.0)[0].tobytes() == recording(12.0)[0].tobytes()
    assert recording(12.0)[0].tobytes() != recording(12.0, seed=2)[0].tobytes()


def test_a_longer_recording_begins_like_a_shorter_one() -> None:
    assert recording(9.0)[0].tobytes() == recording(25.0)[0][: 9 * RATE].tobytes()


def test_the_stated_pitch_is_the_one_heard() -> None:
    samples, pitch = recording(40.0)
    signal = samples.astype(np.float64)
    rough, places = WORLD.dio(signal, RATE, f0_ceil=1000.0, frame_period=10.0)
    found = WORLD.stonemask(signal, rough, places, RATE)[: len(pitch)]
    both = (found > 0.0) & (pitch > 0.0)
    assert both.sum() > 0.9 * (pitch > 0.0).sum()
    assert ((found > 0.0) != (pitch > 0.0)).mean() < 0.06
    cents = np.abs(1200.0 * np.log2(found[both] / pitch[both]))
    assert np.median(cents) < 10.0
    assert np.mean(cents < 50.0) > 0.85


def test_it_is_loud_enough_and_never_too_loud() -> None:
    samples, _ = recording(60.0)
    assert samples.dtype == np.float32
    assert 0.3 < np.abs(samples).max() <= PEAK


def test_there_is_a_quiet_pause_at_least_every_ten_seconds() -> None:
    samples, _ = recording(80.0)
    hops = samples[: len(samples) // RATE * RATE].reshape(-1, RATE // 10).astype(np.float64)
    quiet = np.flatnonzero(np.sqrt((hops**2).mean(axis=1)) < 0.001)
    assert np.diff(np.concatenate([[0], quiet, [len(hops)]])).max() < 100


def test_voiced_sound_has_harmonics_and_hiss_has_none() -> None:
    samples, pitch = recording(20.0)
    steady = next(at for at in range(len(pitch)) if pitch[at] and np.ptp(pitch[at : at + 20]) < 1.0)
    hop = RATE // FRAMES_PER_SECOND
    spectrum = np.abs(np.fft.rfft(samples[steady * hop : (steady + 20) * hop] * np.hanning(20 * hop)))
    # 20 frames are 0.2 s, so a bin is 5 Hz wide.
    harmonics = np.round(np.arange(1, 8) * pitch[steady + 10] / 5.0).astype(int)
    between = harmonics + round(pitch[steady + 10] / 10.0)
    assert (spectrum[harmonics] > 10.0 * spectrum[between]).all()


def test_it_alternates_between_singing_and_speaking() -> None:
    _, pitch = recording(80.0)
    sung, spoken = pitch[: 18 * FRAMES_PER_SECOND], pitch[30 * FRAMES_PER_SECOND : 38 * FRAMES_PER_SECOND]
    assert np.median(sung[sung > 0.0]) > 1.2 * np.median(spoken[spoken > 0.0])


@pytest.mark.parametrize(("seconds", "rate"), [(0.0, 44_100), (-1.0, 44_100), (float("inf"), 44_100), (1.0, 8_000)])
def test_an_impossible_recording_is_refused(seconds: float, rate: int) -> None:
    with pytest.raises(InputError):
        generate(seconds, rate, 1)

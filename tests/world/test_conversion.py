from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest

from tests.world.recordings import RATE, converted, correlation, loudness, singing_and_speech, voice, whole
from workers.engines.samples import Samples
from workers.engines.vocoder import WORLD
from workers.engines.world.conversion import WorldConversion
from workers.engines.world.recipe import WorldVoice

SECONDS = 8.0


def measured_pitch(samples: Samples) -> npt.NDArray[np.float64]:
    signal = samples.astype(np.float64)
    rough, places = WORLD.dio(signal, RATE, f0_floor=50.0, f0_ceil=1400.0, frame_period=10.0)
    pitch: npt.NDArray[np.float64] = WORLD.stonemask(signal, rough, places, RATE)
    return pitch


def mean_envelope(samples: Samples) -> npt.NDArray[np.float64]:
    signal = samples.astype(np.float64)
    pitch = measured_pitch(samples)
    power = WORLD.cheaptrick(signal, pitch, np.arange(len(pitch)) * 0.01, RATE, fft_size=1024)
    envelope: npt.NDArray[np.float64] = np.log(power[pitch > 0.0] + 1e-12).mean(axis=0)
    return envelope


def ratio_between(source: npt.NDArray[np.float64], moved: npt.NDArray[np.float64]) -> float:
    """The factor by which the formants of `moved` are higher, as far as a shift of the whole envelope explains it."""
    heard = np.arange(8, 300)
    tried = np.arange(0.7, 1.5, 0.01)
    fits = [np.corrcoef(np.interp(heard / ratio, np.arange(513), source), moved[heard])[0, 1] for ratio in tried]
    return float(tried[int(np.argmax(fits))])


def test_plain_keeps_loudness_and_spectrogram() -> None:
    recording, _ = singing_and_speech(SECONDS)
    plain = converted("plain", SECONDS)
    assert abs(loudness(plain) - loudness(recording)) < 1.0
    assert correlation(plain, recording) > 0.9


@pytest.mark.parametrize("name", ["bright", "deep", "child", "whisper", "robot"])
def test_voices_roughly_keep_the_loudness(name: str) -> None:
    recording, _ = singing_and_speech(SECONDS)
    assert abs(loudness(converted(name, SECONDS)) - loudness(recording)) < 3.0


@pytest.mark.parametrize(
    ("recipe", "settings", "semitones"),
    [({}, {}, 0.0), ({"pitch_semitones": 4.0}, {"pitch": 3.0}, 7.0), ({"pitch_semitones": -5.0}, {}, -5.0)],
)
def test_pitch_moves_as_requested(recipe: dict[str, float], settings: dict[str, float], semitones: float) -> None:
    recording, pitch = singing_and_speech(SECONDS)
    found = measured_pitch(WorldConversion(WorldVoice.from_json(recipe)).convert(whole(recording), settings).samples)[
        : len(pitch)
    ]
    both = (found > 0.0) & (pitch > 0.0)
    assert both.sum() > 0.9 * (pitch > 0.0).sum()
    assert np.median(np.abs(1200.0 * np.log2(found[both] / pitch[both]) - 100.0 * semitones)) < 10.0


def test_a_robot_sings_one_note() -> None:
    found = measured_pitch(converted("robot", SECONDS))
    assert np.median(np.abs(1200.0 * np.log2(found[found > 0.0] / 110.0))) < 10.0


@pytest.mark.parametrize("ratio", [0.85, 1.2])
def test_formants_move_as_requested(ratio: float) -> None:
    recording, _ = singing_and_speech(SECONDS)
    moved = WorldConversion(WorldVoice.from_json({"formant_ratio": ratio})).convert(whole(recording), {}).samples
    assert abs(ratio_between(mean_envelope(recording), mean_envelope(moved)) / ratio - 1.0) < 0.03


def test_a_whisper_has_no_pitch() -> None:
    plain = measured_pitch(converted("plain", SECONDS))
    whispered = measured_pitch(converted("whisper", SECONDS))
    assert (whispered > 0.0).mean() < 0.15 * (plain > 0.0).mean()


def test_breath_turns_voice_into_noise() -> None:
    recording, _ = singing_and_speech(SECONDS)
    plain = converted("plain", SECONDS)
    breathy = voice("plain").convert(whole(recording), {"breath": 0.5}).samples
    other_seed = voice("plain").convert(whole(recording), {"breath": 0.5, "seed": 2}).samples
    assert abs(loudness(breathy) - loudness(plain)) < 1.0
    assert loudness(breathy - other_seed) > loudness(breathy) - 4.0


def test_the_same_arguments_give_the_same_bytes_on_every_thread() -> None:
    piece = whole(singing_and_speech(SECONDS)[0])
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(lambda _: voice("bright").convert(piece, {}).samples.tobytes(), range(3)))
    assert results[0] == results[1] == results[2]


def test_every_stage_is_timed() -> None:
    stages = voice("bright").convert(whole(singing_and_speech(SECONDS)[0]), {}).stages
    assert set(stages) == {"pitch", "envelope", "aperiodicity", "synthesis"}
    assert all(seconds > 0.0 for seconds in stages.values())

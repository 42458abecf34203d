"""The nets that judge, against other programs that compute the same: torch, librosa, the package itself."""

import librosa
import numpy as np
import pytest
import torch

from dispatcher.quality.mel import MelShape, mel_power
from dispatcher.quality.naturalness import WINDOW, Listener, nets_folder
from dispatcher.quality.speaker import SpeakerNet, at_level, likeness, spoken_starts, weights_file
from storage.audio.blocks import Mono
from tests.quality.speech import spoken
from workers.engines.catalog import engine_of_files


@pytest.fixture(scope="module")
def net() -> SpeakerNet:
    path = weights_file()
    assert path is not None, "Resemblyzer is not installed"
    return SpeakerNet.of(path)


@pytest.fixture(scope="module")
def listener() -> Listener:
    folder = nets_folder()
    assert folder is not None, "speechmos or onnxruntime is not installed"
    return Listener(folder)


def noise(seconds: float, seed: int = 0) -> Mono:
    return (0.1 * np.random.default_rng(seed).standard_normal(round(16_000 * seconds))).astype(np.float32)


@pytest.mark.parametrize("shape", [MelShape(400, 40), MelShape(321, 120), MelShape(400, 24)])
def test_spectrograms_are_librosas(shape: MelShape) -> None:
    samples = noise(1.0)
    wanted = librosa.feature.melspectrogram(
        y=samples, sr=16_000, n_fft=shape.window, hop_length=160, n_mels=shape.bands, pad_mode="constant"
    ).T
    np.testing.assert_allclose(mel_power(samples, shape), wanted, rtol=1e-4, atol=1e-5 * wanted.max())


def test_directions_are_those_of_torchs_lstm(net: SpeakerNet) -> None:
    path = weights_file()
    assert path is not None
    weights = engine_of_files()[1].tensors(path, "model_state")
    lstm, linear = torch.nn.LSTM(40, 256, 3, batch_first=True), torch.nn.Linear(256, 256)
    for module, prefix in ((lstm, "lstm."), (linear, "linear.")):
        own = {name.removeprefix(prefix): torch.tensor(x) for name, x in weights.items() if name.startswith(prefix)}
        module.load_state_dict(own)
    mels = np.stack([mel_power(at_level(noise(1.59, seed)), MelShape(400, 40)) for seed in range(5)])
    with torch.inference_mode():
        _, (hidden, _) = lstm(torch.from_numpy(mels))
        wanted = torch.nn.functional.normalize(torch.relu(linear(hidden[-1])))
    np.testing.assert_allclose(net.of_windows(mels), wanted.numpy(), atol=1e-5)


def test_the_weights_are_read_as_torch_reads_them() -> None:
    path = weights_file()
    assert path is not None
    wanted = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
    found = engine_of_files()[1].tensors(path, "model_state")
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        np.testing.assert_array_equal(found[name], tensor.numpy())


def test_one_speaker_is_told_from_another_however_loud(net: SpeakerNet) -> None:
    allison, again, carlo = spoken("en", 9, 4), spoken("en", 20, 4), spoken("it", 9, 4)
    same = likeness(net.direction([allison]), net.direction([again]))
    quiet = likeness(net.direction([allison]), net.direction([0.05 * again]))
    other = likeness(net.direction([allison]), net.direction([carlo]))
    assert same is not None
    assert other is not None
    assert same > 0.9
    assert other < 0.75
    assert quiet == pytest.approx(same, abs=1e-4)


def test_pauses_and_silence_are_not_listened_to(net: SpeakerNet) -> None:
    speech = spoken("en", 1, 3)
    pause = np.zeros(len(speech), np.float32)
    with_pause = net.direction([np.concatenate([speech, pause])])
    assert (likeness(net.direction([speech]), with_pause) or 0.0) > 0.99
    assert net.direction([pause]) is None
    assert net.direction([]) is None
    assert likeness(None, with_pause) is None
    assert not spoken_starts(np.zeros((400, 40), np.float32))


def test_opinions_are_those_of_the_package_itself(listener: Listener) -> None:
    from speechmos import dnsmos

    # The package leaves windows out by rounding from the eighth on, so the clip is short.
    speech = at_level(spoken("en", 1, 6))[: 12 * 16_000]
    wanted = dnsmos.run(speech, 16_000)
    starts = range(0, len(speech) - WINDOW + 1, 16_000)
    found = np.mean([listener.of_window(speech[start : start + WINDOW]) for start in starts], axis=0)
    names = ("sig_mos", "bak_mos", "ovrl_mos", "p808_mos")
    np.testing.assert_allclose(found, [wanted[name] for name in names], atol=1e-4)


def test_noise_sounds_less_natural_than_speech_and_silence_gets_no_opinion(listener: Listener) -> None:
    speech = np.resize(spoken("en", 1, 6), WINDOW)
    clean, noisy = listener.opinion([speech]), listener.opinion([speech + 0.5 * np.resize(noise(10.0), WINDOW)])
    assert clean is not None
    assert noisy is not None
    assert clean.overall - noisy.overall > 0.5
    assert listener.opinion([np.zeros(WINDOW, np.float32)]) is None

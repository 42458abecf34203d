import numpy as np
import pytest
import torch

from testing.rvc import tiny
from testing.rvc.pieces import spoken
from workers.engines.rvc.mel import hann_window, mel_filters
from workers.engines.rvc.torch.rmvpe import LogMel

MELS = 128
HERE = torch.device("cpu")


def test_filters_are_those_the_net_was_trained_with() -> None:
    librosa = pytest.importorskip("librosa")
    wanted = librosa.filters.mel(sr=16_000, n_fft=1024, n_mels=MELS, fmin=30.0, fmax=8000.0, htk=True, norm="slaney")
    assert tiny.relative_error(mel_filters(MELS), wanted) <= 1e-6


def test_the_window_is_periodic() -> None:
    wanted = torch.hann_window(1024, dtype=torch.float64).numpy()
    assert tiny.relative_error(hann_window(), wanted) <= 1e-6


@pytest.mark.parametrize("samples", [513, 1600, 16_000, 16_001, 16_159])
def test_frames_are_log_mels_of_centred_windows(samples: int) -> None:
    audio = torch.from_numpy(spoken(1.5)[:samples].astype(np.float64))
    spectrum = torch.stft(
        audio, 1024, 160, window=torch.from_numpy(hann_window()).double(), center=True, return_complex=True
    )
    wanted = (torch.from_numpy(mel_filters(MELS)).double() @ spectrum.abs()).clamp(min=1e-5).T.numpy()
    found = np.exp(LogMel(MELS, HERE)(audio[None])[0].double().numpy())
    assert len(found) == samples // 160 + 1
    assert tiny.relative_error(found, wanted) <= 1e-6


def test_silence_is_at_the_floor() -> None:
    found = LogMel(MELS, HERE)(torch.zeros(1, 1000))
    assert torch.all(found == torch.log(torch.tensor(1e-5)))


@pytest.mark.parametrize("samples", [1, 160, 512])
def test_windows_too_short_to_mirror_are_padded_with_their_last_value(samples: int) -> None:
    audio = np.full(samples, 0.5, np.float32)
    long = LogMel(MELS, HERE)(torch.full((1, 4000), 0.5))[0, 10]
    found = LogMel(MELS, HERE)(torch.from_numpy(audio)[None])[0]
    assert len(found) == samples // 160 + 1
    torch.testing.assert_close(found, long.expand_as(found), rtol=0.0, atol=1e-3)

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor, nn
from torch.nn import functional as F

from testing.rvc import tiny
from testing.rvc.pieces import Floats, spoken
from workers.engines.rvc.architecture import PitchSizes
from workers.engines.rvc.mel import hann_window, mel_filters
from workers.engines.rvc.package import Weights
from workers.engines.rvc.peaks import peaks
from workers.engines.rvc.stand_in import random_weights
from workers.engines.rvc.torch import rmvpe as on_device
from workers.engines.rvc.torch.gru import BothWaysAtOnce, OneWayAfterTheOther
from workers.engines.rvc.torch.rmvpe import Rmvpe

DEEP = PitchSizes(channels=4, blocks=2, middle_layers=2, gru=12, bins=40)
SHALLOW = PitchSizes(channels=3, levels=2, blocks=1, middle_layers=1, mels=32, gru=8, bins=20)
#: Exactly as many frames as the net wants, one more, and an arbitrary number.
LENGTHS = [31 * 160, 32 * 160, 9999]


class Plain:
    """The net as trained, in double precision: every norm separately, one direction after the other.

    The log mel is in single precision here too: in quiet parts, the logarithm magnifies its rounding errors.
    """

    def __init__(self, sizes: PitchSizes, weights: Weights) -> None:
        self.sizes = sizes
        self.weights = {name: torch.from_numpy(array).double() for name, array in weights.items()}

    def salience(self, audio: Tensor) -> Tensor:
        window = torch.from_numpy(hann_window())
        spectrum = torch.stft(audio, 1024, 160, window=window, center=True, return_complex=True)
        mel = torch.log((torch.from_numpy(mel_filters(self.sizes.mels)) @ spectrum.abs()).clamp(min=1e-5)).double()
        frames = mel.shape[-1]
        missing = -frames % 2**self.sizes.levels
        mel = F.pad(mel, (0, missing), mode="reflect" if missing < frames else "replicate")
        x = self.unet(mel.transpose(1, 2)[:, None])
        x = F.conv2d(x, self.weights["cnn.weight"], self.weights["cnn.bias"], padding=1)
        x = self.gru()(x.transpose(1, 2).flatten(2))[0]
        return torch.sigmoid(x @ self.weights["fc.1.weight"].T + self.weights["fc.1.bias"])[:, :frames]

    def unet(self, x: Tensor) -> Tensor:
        x, seen = self.norm(x, "unet.encoder.bn"), []
        for level in range(self.sizes.levels):
            seen.append(self.run(x, f"unet.encoder.layers.{level}.conv"))
            x = F.avg_pool2d(seen[-1], (2, 2))
        for layer in range(self.sizes.middle_layers):
            x = self.run(x, f"unet.intermediate.layers.{layer}.conv")
        for layer in range(self.sizes.levels):
            name = f"unet.decoder.layers.{layer}"
            weight = self.weights[f"{name}.conv1.0.weight"]
            x = F.conv_transpose2d(x, weight, stride=2, padding=1, output_padding=1)
            x = torch.cat([F.relu(self.norm(x, f"{name}.conv1.1")), seen.pop()], dim=1)
            x = self.run(x, f"{name}.conv2")
        return x

    def run(self, x: Tensor, name: str) -> Tensor:
        for n in range(self.sizes.blocks):
            block, y = f"{name}.{n}", x
            for convolution, norm in ((0, 1), (3, 4)):
                y = F.conv2d(y, self.weights[f"{block}.conv.{convolution}.weight"], padding=1)
                y = F.relu(self.norm(y, f"{block}.conv.{norm}"))
            if f"{block}.shortcut.weight" in self.weights:
                x = F.conv2d(x, self.weights[f"{block}.shortcut.weight"], self.weights[f"{block}.shortcut.bias"])
            x = x + y
        return x

    def norm(self, x: Tensor, name: str) -> Tensor:
        net = nn.BatchNorm2d(x.shape[1]).double().eval()
        parts = ("weight", "bias", "running_mean", "running_var")
        net.load_state_dict({part: self.weights[f"{name}.{part}"] for part in parts}, strict=False)
        return net(x)

    def gru(self) -> nn.GRU:
        net = nn.GRU(3 * self.sizes.mels, self.sizes.gru, batch_first=True, bidirectional=True).double()
        start = "fc.0.gru."
        net.load_state_dict({n.removeprefix(start): w for n, w in self.weights.items() if n.startswith(start)})
        return net


def weights_of(sizes: PitchSizes) -> dict[str, Floats]:
    """Random weights, with norms that have an effect and a confident classifier."""
    weights = random_weights(sizes, 3)
    rng = np.random.default_rng(4)
    for name, array in weights.items():
        if name.endswith("running_mean"):
            weights[name] = rng.uniform(-0.5, 0.5, array.shape).astype(np.float32)
        if name.endswith("running_var"):
            weights[name] = rng.uniform(0.5, 2.0, array.shape).astype(np.float32)
    return weights


def windows(samples: int, count: int = 1) -> Tensor:
    made = [spoken(samples / 16_000 + 0.1, seed)[:samples] / (1 + seed) for seed in range(count)]
    return torch.from_numpy(np.stack(made))


def net(sizes: PitchSizes, dtype: torch.dtype = torch.float32) -> Rmvpe:
    rmvpe = Rmvpe(sizes, torch.zeros((), dtype=dtype))
    rmvpe.load(weights_of(sizes))
    return rmvpe


def salience(rmvpe: Rmvpe, audio: Tensor) -> Floats:
    with torch.inference_mode():
        found = rmvpe(audio)
        assert found.dtype == torch.float32
        values: Floats = found.numpy()
        return values


def wanted(sizes: PitchSizes, audio: Tensor) -> Floats:
    with torch.inference_mode():
        values: Floats = Plain(sizes, weights_of(sizes)).salience(audio).numpy()
        return values


@pytest.mark.parametrize("samples", LENGTHS)
@pytest.mark.parametrize("sizes", [DEEP, SHALLOW], ids=["deep", "shallow"])
def test_salience_matches_the_net_as_trained(sizes: PitchSizes, samples: int) -> None:
    audio = windows(samples)
    expected = wanted(sizes, audio)
    assert expected.std() > 0.02
    found = salience(net(sizes), audio)
    assert found.shape == (1, samples // 160 + 1, sizes.bins)
    assert tiny.relative_error(found, expected) <= 1e-5


def test_a_window_too_short_to_mirror_is_padded_with_its_last_value() -> None:
    audio = windows(1600)
    assert tiny.relative_error(salience(net(DEEP), audio), wanted(DEEP, audio)) <= 1e-5


def test_windows_in_a_batch_do_not_affect_each_other() -> None:
    audio, rmvpe = windows(9999, 3), net(DEEP)
    together = salience(rmvpe, audio)
    for n in range(3):
        assert tiny.relative_error(together[n], salience(rmvpe, audio[n : n + 1])[0]) <= 1e-5


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_stays_close(dtype: torch.dtype) -> None:
    audio = windows(9999)
    assert np.corrcoef(salience(net(DEEP, dtype), audio).ravel(), wanted(DEEP, audio).ravel())[0, 1] >= 0.999


def test_half_precision_weights_are_accepted() -> None:
    rmvpe = Rmvpe(DEEP)
    rmvpe.load({name: array.astype(np.float16) for name, array in weights_of(DEEP).items()})
    audio = windows(9999)
    assert np.corrcoef(salience(rmvpe, audio).ravel(), wanted(DEEP, audio).ravel())[0, 1] >= 0.9999


@pytest.mark.parametrize("batch", [1, 3])
def test_both_directions_at_once_equal_one_after_the_other(batch: int) -> None:
    weights, like = weights_of(DEEP), torch.zeros(())
    frames = torch.from_numpy(np.random.default_rng(0).standard_normal((batch, 50, 3 * DEEP.mels), np.float32))
    with torch.inference_mode():
        at_once = BothWaysAtOnce(weights, "fc.0.gru", like)(frames)
        native = OneWayAfterTheOther(weights, "fc.0.gru", like)(frames)
    assert tiny.relative_error(at_once.numpy(), native.numpy()) <= 1e-5


def test_in_half_precision_the_pitch_nets_gru_finds_nearly_the_same() -> None:
    weights, frames = weights_of(DEEP), windows(50 * 3 * DEEP.mels).view(1, 50, -1)
    with torch.inference_mode():
        exact = BothWaysAtOnce(weights, "fc.0.gru", torch.zeros(()))(frames)
        half = OneWayAfterTheOther(weights, "fc.0.gru", torch.zeros((), dtype=torch.float16))(frames)
    assert half.dtype == torch.float16
    assert tiny.relative_error(half.float().numpy(), exact.numpy()) <= 1e-2


@given(arrays.arrays(
    np.float32, st.tuples(st.integers(1, 3), st.integers(1, 6), st.sampled_from([5, 9, 40, 360])),
    elements=st.floats(0.0, 1.0, width=32) | st.sampled_from([0.0, 0.5, 1.0]),
))  # fmt: skip
def test_the_peaks_found_on_a_device_are_those_found_by_the_processor(salience: Floats) -> None:
    np.testing.assert_array_equal(on_device.peaks(torch.from_numpy(salience)).numpy(), peaks(salience))

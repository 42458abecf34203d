"""The pitch net RMVPE: how likely each pitch is, every 10 ms."""

import mlx.core as mx
import numpy as np
import numpy.typing as npt

from workers.engines.rvc.architecture import PITCH_HOP, PitchSizes
from workers.engines.rvc.folding import fold_batch_norm
from workers.engines.rvc.mel import FLOOR, FRAME_SIZE, hann_window, mel_filters
from workers.engines.rvc.mlx.compiling import compiled
from workers.engines.rvc.mlx.convolution import seen, tensor
from workers.engines.rvc.mlx.gru import Gru
from workers.engines.rvc.mlx.unet import ImageConvolution, UNet
from workers.engines.rvc.package import Weights
from workers.engines.rvc.peaks import REACH


class LogMel:
    """Log mel frames of windows, one every 10 ms; the first is centred on the first sample."""

    def __init__(self, mels: int) -> None:
        self.window = mx.array(hann_window())
        self.filters = mx.array(np.ascontiguousarray(mel_filters(mels).T))

    def __call__(self, audio: mx.array) -> mx.array:
        """Samples `[batch, n]` to `[batch, n // 160 + 1, mels]`."""
        padded = lengthened(audio, FRAME_SIZE // 2, FRAME_SIZE // 2)
        spectrum = mx.fft.rfft(seen(padded, FRAME_SIZE, PITCH_HOP) * self.window)
        return mx.log(mx.maximum(mx.abs(spectrum) @ self.filters, FLOOR))


def lengthened(x: mx.array, before: int, after: int) -> mx.array:
    """Extend the second dimension: mirrored at its ends, or with its ends repeated if it is too short to mirror."""
    places = np.arange(x.shape[1], dtype=np.int32)
    longer = np.pad(places, (before, after), mode="reflect" if max(before, after) < len(places) else "edge")
    return mx.take(x, mx.array(longer), axis=1)


class GivenOnce(dict[str, npt.NDArray[np.float32]]):
    """Tensors that are dropped as they are taken, so that a net is not in memory twice while it is built."""

    def __getitem__(self, name: str) -> npt.NDArray[np.float32]:
        return self.pop(name)


def peaks(salience: mx.array) -> mx.array:
    """The same as `peaks` for arrays, on the device."""
    likeliest = mx.argmax(salience, axis=-1, keepdims=True)
    beyond = [(0, 0)] * (salience.ndim - 1) + [(REACH, REACH)]
    near = mx.take_along_axis(mx.pad(salience, beyond), likeliest + mx.arange(2 * REACH + 1), axis=-1)
    return mx.concatenate([likeliest.astype(salience.dtype), near], axis=-1)


class Rmvpe:
    """RMVPE: its convolutions are in the given precision; log mel, GRU and salience are always in single precision."""

    def __init__(self, weights: Weights, sizes: PitchSizes, dtype: mx.Dtype) -> None:
        folded = GivenOnce(fold_batch_norm(weights, sizes))
        self.sizes = sizes
        self.dtype = dtype
        self.mel = LogMel(sizes.mels)
        self.scale, self.shift = (tensor(folded, f"input.{part}", mx.float32) for part in ("scale", "shift"))
        self.unet = UNet(folded, sizes, dtype)
        self.narrow = ImageConvolution(folded, "cnn", dtype)
        self.gru = Gru(folded, "fc.0.gru")
        self.weight, self.bias = (tensor(folded, f"fc.1.{part}", mx.float32) for part in ("weight", "bias"))
        self.seen = compiled(self._seen)

    def __call__(self, audio: mx.array) -> mx.array:
        """Samples `[batch, n]` to salience `[batch, n // 160 + 1, bins]`."""
        mel = self.mel(audio)
        missing = -mel.shape[1] % 2**self.sizes.levels
        hidden = self.gru(self.seen(lengthened(mel, 0, missing)))[:, : mel.shape[1]]
        return mx.sigmoid(mx.addmm(self.bias, hidden, self.weight.T))

    def _seen(self, mel: mx.array) -> mx.array:
        """The convolutions' output for the image, one row per frame."""
        picture = (mel * self.scale + self.shift)[..., None].astype(self.dtype)
        narrow = self.narrow(self.unet(picture))
        return narrow.swapaxes(2, 3).reshape(*mel.shape[:2], -1)

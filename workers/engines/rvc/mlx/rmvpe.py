"""The pitch net RMVPE: how likely each pitch is, every 10 ms."""

import mlx.core as mx
import numpy as np
import numpy.typing as npt

from workers.engines.rvc.architecture import PitchSizes
from workers.engines.rvc.folding import fold_batch_norm
from workers.engines.rvc.mlx.compiling import compiled
from workers.engines.rvc.mlx.convolution import tensor
from workers.engines.rvc.mlx.image import ImageConvolution
from workers.engines.rvc.mlx.mel import LogMel, lengthened
from workers.engines.rvc.mlx.recurrence import Recurrence
from workers.engines.rvc.mlx.unet import UNet
from workers.engines.rvc.package import Weights


class GivenOnce(dict[str, npt.NDArray[np.float32]]):
    """Tensors that are dropped as they are taken, so that a net is not in memory twice while it is built."""

    def __getitem__(self, name: str) -> npt.NDArray[np.float32]:
        return self.pop(name)


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
        self.recurrence = Recurrence(folded, "fc.0.gru")
        self.weight, self.bias = (tensor(folded, f"fc.1.{part}", mx.float32) for part in ("weight", "bias"))
        self.seen = compiled(self._seen)

    def __call__(self, audio: mx.array) -> mx.array:
        """Samples `[batch, n]` to salience `[batch, n // 160 + 1, bins]`."""
        mel = self.mel(audio)
        missing = -mel.shape[1] % 2**self.sizes.levels
        hidden = self.recurrence(self.seen(lengthened(mel, 0, missing)))[:, : mel.shape[1]]
        return mx.sigmoid(mx.addmm(self.bias, hidden, self.weight.T))

    def _seen(self, mel: mx.array) -> mx.array:
        """The convolutions' output for the image, one row per frame."""
        picture = (mel * self.scale + self.shift)[..., None].astype(self.dtype)
        narrow = self.narrow(self.unet(picture))
        return narrow.swapaxes(2, 3).reshape(*mel.shape[:2], -1)

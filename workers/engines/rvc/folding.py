"""Folds the pitch net's batch norms into the convolutions before them when the net is loaded."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from workers.engines.rvc.architecture import PitchSizes

Array = npt.NDArray[np.float32]
Weights = Mapping[str, npt.NDArray[Any]]

#: What PyTorch's batch norms add to the variance by default; RMVPE was trained with it.
_EPSILON = 1e-5


def fold_batch_norm(weights: Weights, sizes: PitchSizes) -> dict[str, Array]:
    """RMVPE's tensors with every batch norm folded in, all in float32 and in PyTorch's layouts.

    The names, with N counting levels, layers and blocks from 0:

    - `input.scale`, `input.shift` [1]: the factor for the log mel and what is added to it. The convolution after it
      pads with zeros that the norm never saw, so this norm must stay separate.
    - Residual blocks, by place: `encoder.N.N`, `middle.N.N`, `decoder.N.N`. Each has `.first.weight`, `.first.bias`,
      `.second.weight`, `.second.bias`, and where the channels change, `.shortcut.weight`, `.shortcut.bias`.
    - Upsampling at the decoder's levels: `decoder.N.up.weight` [in, out, 3, 3], `decoder.N.up.bias`.
    - `cnn.*` and `fc.*`, unchanged.
    """
    folded = dict(_input(weights))
    for level in range(sizes.levels):
        folded |= _run(weights, f"unet.encoder.layers.{level}.conv", f"encoder.{level}", sizes.blocks)
    for layer in range(sizes.middle_layers):
        folded |= _run(weights, f"unet.intermediate.layers.{layer}.conv", f"middle.{layer}", sizes.blocks)
    for layer in range(sizes.levels):
        name = f"unet.decoder.layers.{layer}"
        folded |= _folded(weights, f"{name}.conv1.0", f"{name}.conv1.1", f"decoder.{layer}.up", out_axis=1)
        folded |= _run(weights, f"{name}.conv2", f"decoder.{layer}", sizes.blocks)
    head = {name: _float32(weights[name]) for name in sizes.tensors() if name.startswith(("cnn.", "fc."))}
    return folded | head


def _input(weights: Weights) -> Iterator[tuple[str, Array]]:
    scale, shift = _scale_and_shift(weights, "unet.encoder.bn")
    yield "input.scale", _float32(scale)
    yield "input.shift", _float32(shift)


def _run(weights: Weights, name: str, into: str, blocks: int) -> dict[str, Array]:
    """Consecutive residual blocks."""
    folded: dict[str, Array] = {}
    for n in range(blocks):
        block = f"{name}.{n}"
        folded |= _folded(weights, f"{block}.conv.0", f"{block}.conv.1", f"{into}.{n}.first")
        folded |= _folded(weights, f"{block}.conv.3", f"{block}.conv.4", f"{into}.{n}.second")
        if f"{block}.shortcut.weight" in weights:
            folded[f"{into}.{n}.shortcut.weight"] = _float32(weights[f"{block}.shortcut.weight"])
            folded[f"{into}.{n}.shortcut.bias"] = _float32(weights[f"{block}.shortcut.bias"])
    return folded


def _folded(weights: Weights, convolution: str, norm: str, into: str, out_axis: int = 0) -> dict[str, Array]:
    """A convolution without bias and the norm after it, as one convolution with bias."""
    scale, shift = _scale_and_shift(weights, norm)
    shape = [1, 1, 1, 1]
    shape[out_axis] = -1
    weight = weights[f"{convolution}.weight"].astype(np.float64) * scale.reshape(shape)
    return {f"{into}.weight": _float32(weight), f"{into}.bias": _float32(shift)}


def _scale_and_shift(weights: Weights, norm: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    # In double precision, so that folding rounds only once, at the end.
    gain, bias, mean, variance = (
        weights[f"{norm}.{part}"].astype(np.float64) for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gain / np.sqrt(variance + _EPSILON)
    return scale, bias - mean * scale


def _float32(array: npt.NDArray[Any]) -> Array:
    return np.ascontiguousarray(array, np.float32)

"""Voices with few channels, in every layout of voice files, written by torch itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workers.engines.rvc.architecture import SynthesizerSizes

Tensors = dict[str, torch.Tensor]

#: Generators of public voices: rate, version, upsampling rates, kernels.
GENERATORS = {
    "24k": (24_000, (10, 6, 2, 2), (20, 12, 4, 4)),
    "32k-v1": (32_000, (10, 4, 2, 2, 2), (16, 16, 4, 4, 4)),
    "32k-v2": (32_000, (10, 8, 2, 2), (20, 16, 4, 4)),
    "40k": (40_000, (10, 10, 2, 2), (16, 16, 4, 4)),
    "48k-v1": (48_000, (10, 6, 2, 2, 2), (16, 16, 4, 4, 4)),
    "48k-v2": (48_000, (12, 10, 2, 2), (24, 20, 4, 4)),
}
#: Weights with weight norm in training.
_NORMED = ("dec.ups.", "dec.resblocks.", ".enc.in_layers.", ".enc.res_skip_layers.", ".enc.cond_layer.")


def tiny(generator: str = "40k", content: int = 768, *, has_pitch: bool = True) -> SynthesizerSizes:
    """Sizes of a voice with next to no channels."""
    rate, rates, kernels = GENERATORS[generator]
    return SynthesizerSizes(
        rate, rates, kernels, content, has_pitch,
        speakers=3, inter=4, hidden=4, filter=6, heads=2, layers=1, initial=32, speaker_width=5,
    )  # fmt: skip


def weights_of(sizes: SynthesizerSizes) -> Tensors:
    """The same weights for the same sizes, exact in half precision."""
    random = np.random.default_rng(1)
    made = {name: random.standard_normal(shape) for name, shape in sizes.tensors().items()}
    return {name: torch.tensor(values, dtype=torch.float16).float() for name, values in made.items()}


def config_of(sizes: SynthesizerSizes) -> list[Any]:
    """The config: a list of 18 values."""
    return [
        513, 32, sizes.inter, sizes.hidden, sizes.filter, sizes.heads, sizes.layers, sizes.kernel, 0, "1",
        list(sizes.res_kernels), [list(d) for d in sizes.res_dilations], list(sizes.upsample_rates), sizes.initial,
        list(sizes.upsample_kernels), 109, sizes.speaker_width, sizes.rate,
    ]  # fmt: skip


def normed(weights: Mapping[str, torch.Tensor], ends: tuple[str, str] = ("weight_g", "weight_v")) -> Tensors:
    """Weights as training keeps them: a length, and a direction that is not of length one."""
    split: Tensors = {}
    for name, weight in weights.items():
        if name.endswith(".weight") and any(part in name for part in _NORMED):
            split[name.removesuffix("weight") + ends[0]] = torch.norm_except_dim(weight, 2, 0)
            split[name.removesuffix("weight") + ends[1]] = weight * 0.5
        else:
            split[name] = weight
    return split


def halved(weights: Mapping[str, torch.Tensor]) -> Tensors:
    """The weights in half precision, as in exported voices."""
    return {name: weight.half() for name, weight in weights.items()}


def exported(sizes: SynthesizerSizes, **changes: Any) -> dict[str, Any]:
    """An exported voice in the plain layout."""
    said = {
        "weight": halved(normed(weights_of(sizes))),
        "config": config_of(sizes),
        "info": "200epoch",
        "sr": "40k",
        "f0": int(sizes.has_pitch),
        "version": "v1" if sizes.content == 256 else "v2",
    }
    return said | changes


def with_extras(sizes: SynthesizerSizes, **changes: Any) -> dict[str, Any]:
    """An exported voice with what another training program adds."""
    said = exported(sizes)
    del said["info"]
    said |= {
        "f0": sizes.has_pitch, "sr": sizes.rate, "epoch": 300, "step": 9000, "creation_date": "2024-01-01T00:00:00",
        "model_hash": "0" * 64, "dataset_length": "00:10:00", "model_name": "anna", "author": "someone",
        "embedder_model": "contentvec", "speakers_id": 1, "vocoder": "HiFi-GAN",
    }  # fmt: skip
    return said | changes


def trained(sizes: SynthesizerSizes, **changes: Any) -> dict[str, Any]:
    """A training checkpoint, with the part that only training needs and a real optimizer's state."""
    weights = normed(weights_of(sizes))
    weights["enc_q.pre.weight"] = torch.ones(3, 4, 1)
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(2, 2))])
    optimizer.param_groups[0]["params"][0].grad = torch.ones(2, 2)
    optimizer.step()
    return {"model": weights, "optimizer": optimizer.state_dict(), "learning_rate": 1e-4, "iteration": 42} | changes


def save(said: object, path: Path, *, legacy: bool = False) -> Path:
    """Save with torch itself."""
    torch.save(said, path, _use_new_zipfile_serialization=not legacy)
    return path

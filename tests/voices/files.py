"""Files of the usual kinds, with nets of a few hundred numbers."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workers.engines.rvc.architecture import EncoderSizes, PitchSizes, SynthesizerSizes

VOICE_SIZES = SynthesizerSizes(
    rate=8000, upsample_rates=(5, 4, 2, 2), upsample_kernels=(15, 8, 4, 4), content=256, speakers=2, inter=4, hidden=8,
    filter=8, layers=1, initial=32, speaker_width=4,
)  # fmt: skip
ENCODER_SIZES = EncoderSizes(hidden=8, heads=2, layers=1, feed_forward=8, conv=4, position_groups=2, projection=256)
PITCH_SIZES = PitchSizes(channels=2, levels=2, blocks=1, middle_layers=1, gru=4, bins=8)


def voice_file(path: Path, **said: Any) -> Path:
    """Write a voice as training programs export it."""
    s = VOICE_SIZES
    config = [513, 32, s.inter, s.hidden, s.filter, s.heads, s.layers, s.kernel, 0, "1", [3, 7, 11],
              [[1, 3, 5]] * 3, list(s.upsample_rates), s.initial, list(s.upsample_kernels), 109, s.speaker_width,
              s.rate]  # fmt: skip
    weights = OrderedDict(_weights(s.tensors()))
    torch.save({"weight": weights, "config": config, "version": "v1", "f0": 1, "sr": "8k", **said}, path)
    return path


def index_file(path: Path, vectors: int = 5) -> Path:
    """Write vectors for retrieval as a plain array, as some people keep them."""
    with path.open("wb") as file:
        np.save(file, np.random.default_rng(1).standard_normal((vectors, VOICE_SIZES.content), np.float32))
    return path


def pitch_file(path: Path) -> Path:
    """Write a pitch model."""
    torch.save(_weights(PITCH_SIZES.tensors()), path)
    return path


def encoder_file(path: Path) -> Path:
    """Write a content encoder with the tensor names of transformers."""
    torch.save(_weights(ENCODER_SIZES.tensors()), path)
    return path


def _weights(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    # All positive, because some are variances, and small enough that no net's output explodes.
    return {name: torch.rand(shape, generator=generator) * 0.1 for name, shape in shapes.items()}

"""Voices with narrow nets, ready to convert."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from testing.rvc import tiny
from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.framework import Floats, Nets
from workers.engines.rvc.sound import Batches
from workers.engines.rvc.stand_in import random_weights
from workers.engines.rvc.torch.hubert import Hubert
from workers.engines.rvc.torch.nets import TorchNets
from workers.engines.rvc.torch.retrieval import Retrieval
from workers.engines.rvc.torch.rmvpe import Rmvpe
from workers.engines.rvc.torch.voice_nets import VoiceNets

VECTORS = 40
#: The share of their attention that nets keep. Random nets listen equally to all of a window, trained ones mostly to
#: what is near; with this share a random net's output depends on the window no more than a trained one's does.
FAINT = 0.03


def faint(weights: dict[str, Floats], attention: float) -> dict[str, Floats]:
    """The weights with attention scaled by this share."""
    far = ("out_proj.weight", "conv_o.weight")
    return {name: tensor * np.float32(attention) if name.endswith(far) else tensor for name, tensor in weights.items()}


def voice_weights(sizes: SynthesizerSizes, attention: float = FAINT) -> dict[str, Floats]:
    """The tensors of the voice below."""
    return faint(random_weights(sizes, 1), attention)


def voice_vectors(sizes: SynthesizerSizes) -> Floats:
    """The vectors that the voice below retrieves from."""
    return np.random.default_rng(4).standard_normal((VECTORS, sizes.content), np.float32)


def nets(sizes: SynthesizerSizes, dtype: torch.dtype = torch.float32, attention: float = FAINT) -> TorchNets:
    """The nets of a voice with random weights, always the same."""
    like = torch.zeros((), dtype=dtype)
    hubert = Hubert(tiny.ENCODER, tiny.ENCODER.layers, like)
    hubert.load(faint(random_weights(tiny.ENCODER, 2), attention))
    rmvpe = Rmvpe(tiny.PITCH, like)
    rmvpe.load(random_weights(tiny.PITCH, 3))
    return TorchNets(
        device=torch.device("cpu"),
        hubert=hubert,
        rmvpe=rmvpe if sizes.has_pitch else None,
        retrieval=Retrieval(torch.from_numpy(voice_vectors(sizes))),
        voice=VoiceNets(voice_weights(sizes, attention), sizes, like),
        projects=sizes.content != tiny.ENCODER.hidden,
    )


def conversion(
    sizes: SynthesizerSizes, windows: int = 1, tiles: int = 1, tile: int = 64, attention: float = FAINT
) -> RvcConversion:
    """A voice with these batches and tiles."""
    return RvcConversion(sizes, nets(sizes, attention=attention), Batches(Batch(windows), Batch(tiles), tile))


@dataclass
class Overheard:
    """Nets that do their work and keep the arguments they were given."""

    nets: Nets
    told: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        work = getattr(self.nets, name)

        def kept(*given: Any) -> Any:
            self.told.setdefault(name, []).append(given)
            return work(*given)

        return kept


def overheard(sizes: SynthesizerSizes) -> tuple[RvcConversion, Overheard]:
    """A voice, and its nets, which keep the arguments they are given."""
    ears = Overheard(nets(sizes))
    return RvcConversion(sizes, ears, Batches(Batch(1), Batch(1), 64)), ears


def narrow(*, has_pitch: bool = True) -> SynthesizerSizes:
    """Sizes of the quickest voice."""
    return replace(tiny.voice("24k", has_pitch=has_pitch), initial=32)

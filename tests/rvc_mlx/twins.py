"""The narrow voices of the torch engine's tests, made for MLX from the same tensors."""

import mlx.core as mx

from testing.rvc import tiny, voices
from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.mlx.hubert import Hubert
from workers.engines.rvc.mlx.nets import MlxNets
from workers.engines.rvc.mlx.retrieval import Retrieval
from workers.engines.rvc.mlx.rmvpe import Rmvpe
from workers.engines.rvc.mlx.voice_nets import VoiceNets
from workers.engines.rvc.sound import Batches
from workers.engines.rvc.stand_in import random_weights

#: Width of the content features of version 1 voices, which are projected.
PROJECTED = 16


def nets(sizes: SynthesizerSizes, dtype: mx.Dtype = mx.float32, attention: float = voices.FAINT) -> MlxNets:
    """The nets of a voice with random weights, always the same."""
    encoder = voices.faint(random_weights(tiny.ENCODER, 2), attention)
    return MlxNets(
        hubert=Hubert(encoder, tiny.ENCODER, tiny.ENCODER.layers, dtype),
        rmvpe=Rmvpe(random_weights(tiny.PITCH, 3), tiny.PITCH, dtype) if sizes.has_pitch else None,
        retrieval=Retrieval(voices.voice_vectors(sizes)),
        voice=VoiceNets(voices.voice_weights(sizes, attention), sizes, dtype),
        projects=sizes.content != tiny.ENCODER.hidden,
    )


def conversion(
    sizes: SynthesizerSizes, windows: int = 1, tiles: int = 1, tile: int = 64, dtype: mx.Dtype = mx.float32
) -> RvcConversion:
    """A voice that uses these batches and tiles."""
    return RvcConversion(sizes, nets(sizes, dtype), Batches(Batch(windows), Batch(tiles), tile))

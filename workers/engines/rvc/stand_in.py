"""Voices of the exact architectures with random weights, of any size: measuring needs no trained ones."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from workers.engines.package import VOICE, PackedFile, description_file
from workers.engines.rvc.architecture import EncoderSizes, PitchSizes, SynthesizerSizes
from workers.engines.rvc.package import ENCODER, PITCH, RETRIEVAL, VECTORS, WEIGHTS, Description, Sizes
from workers.engines.rvc.recipe import RvcRecipe

Floats = npt.NDArray[np.float32]
#: The sizes that most voices have: of 48 kHz, trained by the second version.
VOICE_48K = SynthesizerSizes(48_000, (12, 10, 2, 2), (24, 20, 4, 4), 768)
#: Vectors in a stand-in's index, as many as an hour of training material leaves.
STAND_IN_VECTORS = 100_000
#: Gains of the tensors that need a special one: residual blocks add up, so each adds little; the spread of a latent
#: grows exponentially; and the last output must not saturate the tanh, or all voices sound like a square wave.
_GAINS = {"resblocks": 0.5, "conv.3": 0.5, "enc_p.proj": 0.4, "flow": 1.0, "conv_post": 0.1}
_KINDS: dict[type[Sizes], str] = {SynthesizerSizes: VOICE, EncoderSizes: ENCODER, PitchSizes: PITCH}


def random_weights(sizes: Sizes, seed: int = 0) -> dict[str, Floats]:
    """Weights through which a signal neither dies out nor grows from layer to layer."""
    generator = np.random.default_rng(seed)
    return {name: _tensor(generator, name, shape) for name, shape in sizes.tensors().items()}


def _tensor(generator: np.random.Generator, name: str, shape: tuple[int, ...]) -> Floats:
    last = name.rsplit(".", 1)[-1]
    noise = generator.standard_normal(shape, np.float32)
    if last in {"gamma", "running_var"} or (last == "weight" and len(shape) == 1):
        return np.asarray(1.0 + 0.1 * np.tanh(noise), np.float32)
    if last in {"bias", "beta", "running_mean"}:
        return np.asarray(0.02 * noise, np.float32)
    if "emb_" in name:
        return np.asarray(0.3 * noise, np.float32)
    into = int(np.prod(shape[1:])) if "dec.ups" not in name else shape[0] * 2
    # What follows the tensor is a leaky ReLU or nothing.
    gain = next((known for part, known in _GAINS.items() if part in name), 1.3)
    return np.asarray(noise * gain / np.sqrt(into), np.float32)


def write_package(folder: Path, sizes: Sizes, seed: int = 0, vectors: int = 0) -> str:
    """Write a package below the folder, named by its hash; returns the hash."""
    unnamed = folder / f"unnamed-{seed}-{type(sizes).__name__}"
    unnamed.mkdir(parents=True)
    save_file(random_weights(sizes, seed), unnamed / WEIGHTS)
    if vectors and isinstance(sizes, SynthesizerSizes):
        rows = np.random.default_rng(seed + 1).standard_normal((vectors, sizes.content), np.float32)
        save_file({VECTORS: rows}, unnamed / RETRIEVAL)
    files = {path.name: _packed(path) for path in sorted(unnamed.iterdir())}
    description = Description(_KINDS[type(sizes)], sizes, {"name": "random"}, files)
    (unnamed / description_file(description.kind)).write_bytes(description.to_bytes())
    unnamed.rename(folder / description.hash)
    return description.hash


def _packed(path: Path) -> PackedFile:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return PackedFile(digest.hexdigest(), path.stat().st_size)


def random_voice(
    folder: Path,
    voice: SynthesizerSizes = VOICE_48K,
    encoder: EncoderSizes | None = None,
    pitch: PitchSizes | None = None,
    vectors: int = 0,
) -> RvcRecipe:
    """A voice with its encoder and pitch net, full-sized unless other sizes are given."""
    return RvcRecipe(
        package=write_package(folder, voice, 1, vectors),
        encoder=write_package(folder, encoder or EncoderSizes(), 2),
        pitch_model=write_package(folder, pitch or PitchSizes(), 3) if voice.has_pitch else None,
    )

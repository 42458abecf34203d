"""Content encoders and pitch nets with few channels, with tensors named as in their files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from testing.voice_files.voices import Tensors, halved, save
from workers.engines.rvc.architecture import EncoderSizes, PitchSizes

ENCODER = EncoderSizes(
    hidden=8, heads=2, layers=2, feed_forward=6, conv=4, position_kernel=4, position_groups=2, projection=5
)
BARE_ENCODER = EncoderSizes(
    hidden=8, heads=2, layers=2, feed_forward=6, conv=4, position_kernel=4, position_groups=2, projection=None
)
PITCH = PitchSizes(channels=2, levels=2, blocks=1, middle_layers=1, mels=4, gru=3, bins=7)
_POSITIONS = "encoder.pos_conv_embed.conv.weight"


def random_tensors(sizes: EncoderSizes | PitchSizes) -> Tensors:
    """The same weights for the same sizes, exact in half precision."""
    random = np.random.default_rng(2)
    made = {name: random.standard_normal(shape) for name, shape in sizes.tensors().items()}
    return {name: torch.tensor(values, dtype=torch.float16).float() for name, values in made.items()}


def normed_positions(weights: Tensors, ends: tuple[str, str]) -> Tensors:
    """The tensors with the position convolution's weight as training keeps it: one length per step of the kernel."""
    split = dict(weights)
    weight = split.pop(_POSITIONS)
    split[_POSITIONS.removesuffix("weight") + ends[0]] = torch.norm_except_dim(weight, 2, 2)
    split[_POSITIONS.removesuffix("weight") + ends[1]] = weight * 4
    return split


def by_fairseq(weights: Tensors) -> Tensors:
    """The same tensors with fairseq's names, and those that only training needs."""
    split = normed_positions(weights, ("weight_g", "weight_v"))
    renamed = {_fairseq_name(name): tensor for name, tensor in split.items()}
    return renamed | {"mask_emb": torch.ones(8), "label_embs_concat": torch.ones(5, 5)}


def _fairseq_name(name: str) -> str:
    if name.startswith("feature_extractor."):
        return name.replace(".conv.", ".0.").replace(".layer_norm.", ".2.")
    if name.startswith("encoder.layers."):
        name = name.replace(".attention.", ".self_attn.").replace("feed_forward.intermediate_dense", "fc1")
        name = name.replace("feed_forward.output_dense", "fc2")
        return name if "final" in name else name.replace(".layer_norm.", ".self_attn_layer_norm.")
    name = name.replace("encoder.pos_conv_embed.conv.", "encoder.pos_conv.0.")
    name = name.replace("feature_projection.layer_norm", "layer_norm")
    return name.replace("feature_projection.projection", "post_extract_proj")


def config_of(sizes: EncoderSizes) -> dict[str, Any]:
    """What config.json says of such a net."""
    return {
        "model_type": "hubert", "feat_extract_norm": "group", "do_stable_layer_norm": False, "conv_bias": False,
        "hidden_size": sizes.hidden, "num_hidden_layers": sizes.layers, "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.feed_forward, "conv_dim": [sizes.conv] * 7, "hidden_act": "gelu",
        "conv_kernel": list(sizes.conv_kernels), "conv_stride": list(sizes.conv_strides), "layer_norm_eps": 1e-05,
        "num_conv_pos_embeddings": sizes.position_kernel, "num_conv_pos_embedding_groups": sizes.position_groups,
    }  # fmt: skip


def write_folder(folder: Path, sizes: EncoderSizes = ENCODER, *, safetensors: bool = False, **changes: Any) -> Path:
    """A folder as transformers writes it; with safetensors, in the newer spelling of weight norm."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config_of(sizes) | changes), encoding="utf-8")
    newer = ("parametrizations.weight.original0", "parametrizations.weight.original1")
    weights = normed_positions(random_tensors(sizes), newer if safetensors else ("weight_g", "weight_v"))
    weights["masked_spec_embed"] = torch.ones(8)
    if safetensors:
        save_file(weights, folder / "model.safetensors")
    else:
        save(weights, folder / "pytorch_model.bin")
    return folder


def pitch_tensors() -> Tensors:
    """The pitch net's tensors with their counters, in half precision."""
    weights = halved(random_tensors(PITCH))
    counters = {
        name.replace("running_mean", "num_batches_tracked"): torch.tensor(7)
        for name in weights
        if name.endswith("running_mean")
    }
    return weights | counters

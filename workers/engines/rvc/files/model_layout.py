"""The layouts of pitch nets and of content encoders, with names from fairseq or transformers (and config.json)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from storage.errors import InputError
from workers.engines.rvc.architecture import EncoderSizes
from workers.engines.rvc.files.draft import Stored
from workers.engines.rvc.files.pickle_names import Inert, told

#: A tensor that only fairseq's files have, and one that only transformers' files have, perhaps after a prefix.
FAIRSEQ_MARK = "post_extract_proj.weight"
TRANSFORMERS_MARK = "feature_projection.projection.weight"
#: A tensor that only the pitch net has.
PITCH_MARK = "unet.encoder.bn.weight"
_PREFIX = "hubert."
_PROJECTION = "final_proj.weight"
#: Tensors that only training needs.
_DROPPED = frozenset({"mask_emb", "masked_spec_embed", "label_embs_concat"})
#: The pitch net's counters of batches seen in training.
_COUNTER = ".num_batches_tracked"

#: Beginnings of fairseq's names with those of transformers for the same tensors; longer ones come first.
_BEGINNINGS = (
    ("feature_extractor.conv_layers.0.2.", "feature_extractor.conv_layers.0.layer_norm."),
    ("post_extract_proj.", "feature_projection.projection."),
    ("layer_norm.", "feature_projection.layer_norm."),
    ("encoder.pos_conv.0.", "encoder.pos_conv_embed.conv."),
)
_PARTS = (
    (".self_attn_layer_norm.", ".layer_norm."),
    (".self_attn.", ".attention."),
    (".fc1.", ".feed_forward.intermediate_dense."),
    (".fc2.", ".feed_forward.output_dense."),
)
#: Bytes of config.json; the usual ones have two thousand.
_LARGEST_CONFIG = 1 << 20


def encoder_tensors(tensors: Mapping[str, Stored]) -> dict[str, Stored]:
    """The tensors that the content encoder uses, by the names that transformers gives them."""
    fairseq = FAIRSEQ_MARK in tensors
    kept: dict[str, Stored] = {}
    for name, tensor in tensors.items():
        plain = name.removeprefix(_PREFIX)
        if plain not in _DROPPED:
            kept[_renamed(plain) if fairseq else plain] = tensor
    return kept


def sizes_for(tensors: Mapping[str, Stored], base: EncoderSizes) -> EncoderSizes:
    """The base architecture, with this file's projection if it has one."""
    projection = tensors.get(_PROJECTION)
    return replace(base, projection=projection.shape[0] if projection and projection.shape else None)


def _renamed(name: str) -> str:
    for old, new in _BEGINNINGS:
        if name.startswith(old):
            return new + name.removeprefix(old)
    head, dot, tail = name.rpartition(".0.")
    if head.startswith("feature_extractor.conv_layers.") and dot:
        return f"{head}.conv.{tail}"
    if name.startswith("encoder.layers."):
        for old, new in _PARTS:
            name = name.replace(old, new)
    return name


def check_config(path: Path, base: EncoderSizes) -> None:
    """Refuse a config.json that describes another architecture: the weights alone may not show it."""
    if path.stat().st_size > _LARGEST_CONFIG:
        raise InputError("its config.json is far too large; give the folder of a model")
    try:
        said = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError("its config.json is not valid JSON; download or copy it again") from error
    if not isinstance(said, dict):
        raise InputError("its config.json describes nothing; download or copy it again")
    for key, value in _config(base).items():
        if said.get(key, value) != value:
            raise InputError(
                f"its config.json says {key} = {told(said[key])}, but the content encoders that RVC uses have"
                f" {value}; it cannot be used"
            )


def check_training_settings(said: Mapping[Any, Any]) -> None:
    """Refuse what fairseq trained with another order of norms: the weights look the same but mean something else."""
    cfg = said.get("cfg")
    for settings in (said.get("args"), cfg.get("model") if isinstance(cfg, dict) else None):
        values = settings.state if isinstance(settings, Inert) else settings
        if isinstance(values, dict) and values.get("layer_norm_first"):
            raise InputError(
                "it puts its norms before the layers, as no content encoder of RVC does; use hubert_base.pt"
            )


def _config(base: EncoderSizes) -> dict[str, Any]:
    return {
        "model_type": "hubert",
        "feat_extract_norm": "group",
        "do_stable_layer_norm": False,
        "conv_bias": False,
        "conv_pos_batch_norm": False,
        "feat_proj_layer_norm": True,
        "hidden_act": "gelu",
        "feat_extract_activation": "gelu",
        "layer_norm_eps": 1e-5,
        "hidden_size": base.hidden,
        "num_hidden_layers": base.layers,
        "num_attention_heads": base.heads,
        "intermediate_size": base.feed_forward,
        "conv_dim": [base.conv] * len(base.conv_kernels),
        "conv_kernel": list(base.conv_kernels),
        "conv_stride": list(base.conv_strides),
        "num_conv_pos_embeddings": base.position_kernel,
        "num_conv_pos_embedding_groups": base.position_groups,
    }


def pitch_tensors(tensors: Mapping[str, Stored]) -> dict[str, Stored]:
    """The tensors that the pitch net uses."""
    return {name: tensor for name, tensor in tensors.items() if not name.endswith(_COUNTER)}

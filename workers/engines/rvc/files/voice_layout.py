"""The layouts of voice files: exported ones, plain or with extras, and training checkpoints."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.errors import InputError
from storage.remedies import Act, Remedy
from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.files.draft import Stored
from workers.engines.rvc.files.pickle_names import shown, told
from workers.engines.rvc.files.torch_tensor import TorchTensor
from workers.engines.rvc.files.voice_config import sizes_from_config
from workers.engines.rvc.files.voice_shapes import shape_of, sizes_from_shapes
from workers.engines.rvc.files.voice_training import check_vocoder, embedder_of
from workers.engines.rvc.files.weight_norm import folded

_Said = Mapping[Any, Any]

#: Beginning of tensors that only training needs.
_TRAINING_ONLY = "enc_q."
_PHONES = "enc_p.emb_phone.weight"
_PITCH = "enc_p.emb_pitch.weight"
#: The version by the width of the content features, and the encoder's layer that they come from.
_VERSIONS = {256: "v1", 768: "v2"}
_LAYERS = {"v1": 9, "v2": 12}
#: Fields that one training program writes in addition to the plain layout.
_EXTRAS = frozenset({"vocoder", "embedder_model", "model_hash", "speakers_id"})


@dataclass(frozen=True, slots=True)
class VoiceLayout:
    """What a voice file says before its numbers are read."""

    sizes: SynthesizerSizes
    tensors: Mapping[str, Stored]
    facts: Mapping[str, Any]


def voice_layout(said: _Said, rate: int | None) -> VoiceLayout:
    """The layout of this dictionary; `rate` is used if a training checkpoint leaves its rate open."""
    exported = isinstance(said.get("weight"), dict)
    tensors = _tensors(said["weight"] if exported else _trained(said))
    check_vocoder(said.get("vocoder"), tensors)
    facts: dict[str, Any] = {"embedder": embedder_of(said.get("embedder_model") or said.get("embedder_name"))}
    speakers, _ = shape_of(tensors, "emb_g.weight", 2)
    _, content = shape_of(tensors, _PHONES, 2)
    facts["version"] = _version(said, content)
    if exported:
        facts["layout"] = "exported with extras" if said.keys() & _EXTRAS else "exported"
        pitch = _has_pitch(said)
        sizes = sizes_from_config(said.get("config"), content=content, speakers=speakers, has_pitch=pitch)
    else:
        facts["layout"] = "training checkpoint"
        sizes = sizes_from_shapes(tensors, has_pitch=_PITCH in tensors, rate=rate)
    return VoiceLayout(sizes, tensors, facts | _remarks(said, speakers))


def _trained(said: _Said) -> _Said:
    inner = said.get("model")
    names = inner if isinstance(inner, dict) else said
    if any(str(name).startswith("discriminators.") for name in names):
        raise InputError("it is the discriminator, which only training needs; give the checkpoint that begins with G_")
    if any(str(name).startswith(("unet.", "post_extract_proj.", "feature_projection.")) for name in names):
        raise InputError("it is a content encoder or pitch net, not a voice", Remedy(Act.ADD_MODELS))
    if not isinstance(inner, dict):
        raise InputError(
            "it holds no weights of a voice; give a voice exported for RVC or a training checkpoint G_*.pth"
        )
    return inner


def _tensors(weights: _Said) -> dict[str, Stored]:
    kept: dict[str, Stored] = {}
    for name, tensor in weights.items():
        if not isinstance(name, str) or not isinstance(tensor, TorchTensor):
            raise InputError(f"its weight {told(name)} is not a tensor; get another copy of the model")
        if not name.startswith(_TRAINING_ONLY):
            kept[name] = tensor
    return folded(kept)


def _version(said: _Said, content: int) -> str:
    version, stated = _VERSIONS.get(content), said.get("version")
    if version is None:
        raise InputError(
            f"it needs content features {content} wide, but RVC has 256 (v1) or 768 (v2); it cannot be used"
        )
    if stated is not None and stated != version:
        raise InputError(
            f"it says that its version is {told(stated)}, but its weights are of {version}; get another copy"
        )
    layer = said.get("embedder_output_layer")
    if layer is not None and layer != _LAYERS[version]:
        raise InputError(
            f"it needs the content encoder's layer {told(layer)}, but {version} uses layer"
            f" {_LAYERS[version]}; it cannot be used"
        )
    return version


def _has_pitch(said: _Said) -> bool:
    stated = said.get("f0", 1)
    if stated in ("0", "1"):
        return bool(stated == "1")
    if stated not in (0, 1):
        raise InputError("it does not say clearly whether it follows pitch (f0 is neither 0 nor 1); get another copy")
    return bool(stated)


def _remarks(said: _Said, speakers: int) -> dict[str, Any]:
    """Other facts in the file that a person may want to know."""
    found: dict[str, Any] = {key: shown(said[key]) for key in ("info", "author") if _is_text(said.get(key))}
    for key in ("epoch", "iteration"):
        if isinstance(said.get(key), int) and 0 <= said[key] < 1 << 31:
            found["epochs"] = int(said[key])
    counted = re.match(r"(\d{1,6})epoch", found.get("info", ""))
    if counted:
        found["epochs"] = int(counted[1])
    names = _speaker_names(said.get("speaker_info"), speakers)
    return found | ({"speakers": names} if names else {})


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _speaker_names(said: Any, speakers: int) -> dict[str, str]:
    """Names by number, from a list of numbers with names or from a dictionary."""
    if isinstance(said, list):
        pairs = [(entry.get("id"), entry.get("name")) for entry in said if isinstance(entry, dict)]
    else:
        pairs = list(said.items()) if isinstance(said, dict) else []
    numbered = {told(number): str(name) for number, name in pairs if isinstance(number, int | str) and _is_text(name)}
    return {n: shown(name) for n, name in numbered.items() if n.isascii() and n.isdecimal() and int(n) < speakers}

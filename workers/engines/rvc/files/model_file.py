"""Reads a content encoder or a pitch net from a file or a folder of files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storage.errors import InputError
from workers.engines.rvc.architecture import EncoderSizes, PitchSizes
from workers.engines.rvc.files.checking import read_weights
from workers.engines.rvc.files.checkpoint import open_checkpoint
from workers.engines.rvc.files.draft import Draft, Stored, refusals_name, sha256_of
from workers.engines.rvc.files.model_layout import (
    FAIRSEQ_MARK,
    PITCH_MARK,
    TRANSFORMERS_MARK,
    check_config,
    check_training_settings,
    encoder_tensors,
    pitch_tensors,
    sizes_for,
)
from workers.engines.rvc.files.recognition import Form, form_of
from workers.engines.rvc.files.safetensors_file import open_safetensors
from workers.engines.rvc.files.torch_tensor import TorchTensor
from workers.engines.rvc.files.weight_norm import folded
from workers.engines.rvc.package import ENCODER, PITCH

_CONFIG = "config.json"
#: Files of weights in a folder; the first that exists is used.
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
#: Generic file names; the folder's name says more.
_SAYS_NOTHING = frozenset({"model", "pytorch_model"})


def read_model(path: Path, encoder: EncoderSizes | None = None, pitch: PitchSizes | None = None) -> Draft:
    """The content encoder or pitch net at this path, which must have exactly these sizes (RVC's by default).

    Nothing in the file is run, and nothing is written.
    """
    with refusals_name(path):
        base = encoder or EncoderSizes()
        weights = _weights_of(path, base)
        with _tensors_of(weights) as tensors:
            draft = _drafted(tensors, base, pitch or PitchSizes())
        facts = {**draft.facts, "name": _name(path), "source_sha256": sha256_of(weights)}
        return Draft(draft.kind, draft.sizes, facts, draft.weights)


def _name(path: Path) -> str:
    if path.is_dir():
        return path.resolve().name
    return path.resolve().parent.name if path.stem in _SAYS_NOTHING else path.stem


def _weights_of(path: Path, base: EncoderSizes) -> Path:
    """The file of weights; in a folder, the description next to it is checked first."""
    if not path.is_dir():
        return path
    found = [path / name for name in _WEIGHTS if (path / name).is_file()]
    if not found or not (path / _CONFIG).is_file():
        raise InputError(
            f"a model's folder must hold {_CONFIG} and {' or '.join(_WEIGHTS)}; give such a folder or a file"
        )
    check_config(path / _CONFIG, base)
    return found[0]


@contextmanager
def _tensors_of(path: Path) -> Iterator[dict[str, Stored]]:
    form = form_of(path)
    if form is Form.SAFETENSORS:
        yield open_safetensors(path)
        return
    with open_checkpoint(path, form) as said:
        check_training_settings(said)
        yield _tensors_in(said)


def _tensors_in(said: Mapping[Any, Any]) -> dict[str, Stored]:
    inner = said.get("model")
    tensors = inner if isinstance(inner, dict) else said
    return {
        name: tensor for name, tensor in tensors.items() if isinstance(name, str) and isinstance(tensor, TorchTensor)
    }


def _drafted(tensors: dict[str, Stored], encoder: EncoderSizes, pitch: PitchSizes) -> Draft:
    if PITCH_MARK in tensors:
        weights = read_weights(pitch.tensors(), pitch_tensors(tensors), "pitch net RMVPE")
        return Draft(PITCH, pitch, {"layout": "rmvpe"}, weights)
    names = {name.removeprefix("hubert.") for name in tensors}
    if not names & {FAIRSEQ_MARK, TRANSFORMERS_MARK}:
        raise InputError("it holds neither a content encoder nor the pitch net RMVPE; give hubert_base.pt or rmvpe.pt")
    kept = folded(encoder_tensors(tensors))
    sizes = sizes_for(kept, encoder)
    layout = "fairseq" if FAIRSEQ_MARK in names else "transformers"
    return Draft(ENCODER, sizes, {"layout": layout}, read_weights(sizes.tensors(), kept, "content encoder"))

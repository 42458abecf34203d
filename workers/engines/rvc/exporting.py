"""Writes a package for programs on Apple's devices: tensors in MLX's layouts, together with the sizes of the net."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from storage.errors import InputError
from storage.remedies import Act, Remedy
from workers.engines.package import VOICE, description_file
from workers.engines.rvc.package import ENCODER, PITCH, RETRIEVAL, VECTORS, WEIGHTS, Package

#: Raise it when an exported folder changes in a way that older programs would misread.
FORMAT = 1
ARCHITECTURE = "architecture.json"
#: Parts of names that mark the tensors of transposed convolutions.
TRANSPOSED = ("dec.ups.", "conv1.0.weight")
LAYOUTS = {
    "Linear": "[out, into], as in PyTorch",
    "Conv1d": "[out, kernel, into]",
    "Conv2d": "[out, height, width, into]",
    "ConvTransposed1d": "[out, kernel, into], padding (kernel - step) / 2",
    "ConvTransposed2d": "[out, height, width, into], stride 2, padding 1, output padding 1",
    "GRU": "gates reset, keep, new; weight_ih and weight_hh [3 * width, into]; bias_hh of the new state stays inside"
    " what is reset, so MLX's GRU takes the sum of both biases for the first two gates and bhn for the third",
    "BatchNorm": "weight, bias, running_mean, running_var, epsilon 1e-5",
    "emb_rel_k, emb_rel_v": "[1, 2 * reach + 1, width of a head], shared by all heads",
}


def export_for_mlx_swift(package_folder: Path, out: Path) -> None:
    """Write a package to a new folder: tensors in MLX layouts, their precision unchanged, and `architecture.json`."""
    package = _package(package_folder)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists and is not empty; give the name of a new folder")
    out.mkdir(parents=True, exist_ok=True)
    weights = package.weights()
    save_file({name: in_mlx_layout(name, tensor) for name, tensor in weights.items()}, out / WEIGHTS)
    vectors = package.vectors()
    if vectors is not None:
        save_file({VECTORS: vectors}, out / RETRIEVAL)
    described = json.dumps(_architecture(package, weights), indent=2, sort_keys=True)
    (out / ARCHITECTURE).write_text(described + "\n", encoding="utf-8")


def in_mlx_layout(name: str, tensor: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A tensor of a package, which has PyTorch's layout, in MLX's layout: with the input channels last."""
    if tensor.ndim < 3 or not name.endswith(".weight"):
        return tensor
    first = tensor.swapaxes(0, 1) if any(part in name for part in TRANSPOSED) else tensor
    return np.ascontiguousarray(np.moveaxis(first, 1, -1))


def _package(folder: Path) -> Package:
    for kind in (VOICE, ENCODER, PITCH):
        if (folder / description_file(kind)).exists():
            described = json.loads((folder / description_file(kind)).read_bytes())
            return Package.in_folder(folder, str(described.get("kind")))
    raise InputError(f"{folder} holds no package", Remedy(Act.ADD_VOICE), Remedy(Act.ADD_MODELS))


def _architecture(package: Package, weights: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
    description = package.description
    return {
        "format": FORMAT,
        "kind": description.kind,
        "package": description.hash,
        "sizes": description.sizes.to_json(),
        "facts": dict(description.facts),
        "layouts": LAYOUTS,
        "tensors": {name: list(in_mlx_layout(name, tensor).shape) for name, tensor in weights.items()},
    }

"""Compares what a file has with what the net must have, tensor by tensor."""

from collections.abc import Mapping
from math import prod

import numpy as np

from storage.errors import InputError
from workers.engines.rvc.architecture import Tensors
from workers.engines.rvc.files.draft import Numbers, Stored
from workers.engines.rvc.files.pickle_names import shown

#: The most numbers in a net; the largest net that is supported has 95 million.
_MOST_NUMBERS = 400_000_000


def read_weights(expected: Tensors, there: Mapping[str, Stored], net: str) -> dict[str, Numbers]:
    """Every expected tensor as float32; raises an error that names the first one that is wrong."""
    _check_names(expected, there, net)
    _check_shapes(expected, there, net)
    return {name: _finite(name, there[name]) for name in expected}


def _check_names(expected: Tensors, there: Mapping[str, Stored], net: str) -> None:
    surplus = sorted(there.keys() - expected.keys())
    missing = sorted(expected.keys() - there.keys())
    if missing:
        raise InputError(f"it lacks {_some(missing)}, so it is not a complete {net}; get another copy of the model")
    if surplus:
        raise InputError(f"it has {_some(surplus)}, which no {net} has; it is of a kind that cannot be used")


def _some(names: list[str]) -> str:
    first = f"the tensor {shown(names[0])}"
    return first if len(names) == 1 else f"{first} and {len(names) - 1} more"


def _check_shapes(expected: Tensors, there: Mapping[str, Stored], net: str) -> None:
    for name, shape in expected.items():
        if there[name].shape != shape:
            raise InputError(
                f"its tensor {name} is {_by(there[name].shape)}, but a {net} of these sizes has {_by(shape)}; it is"
                " of a kind that cannot be used"
            )
    if sum(prod(shape) for shape in expected.values()) > _MOST_NUMBERS:
        raise InputError(f"it is larger than any {net}; give the model's own file")


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(str(size) for size in shape) or "of no proper shape"


def _finite(name: str, stored: Stored) -> Numbers:
    try:
        numbers = stored.read()
    except InputError as error:
        raise InputError(f"its tensor {name} cannot be read: {error}") from error
    if not np.isfinite(numbers).all():
        raise InputError(f"its tensor {name} holds NaN or infinity, so the model is broken; get another copy")
    return numbers

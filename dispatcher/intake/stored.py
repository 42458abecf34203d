"""A tensor that still lies in its file: its shape is known, its numbers are read when they are wanted."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from dispatcher.intake.draft import Numbers
from storage.errors import InputError

#: Kinds of floating-point number by the names used here. NumPy has no bfloat16: it is the upper half of a float32.
HALF, BFLOAT, SINGLE, DOUBLE = "float16", "bfloat16", "float32", "float64"
_AS_NUMPY = {HALF: "<f2", BFLOAT: "<u2", SINGLE: "<f4", DOUBLE: "<f8"}


class Stored(Protocol):
    """A tensor in a file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sizes, checked against the bytes that are there."""

    def read(self) -> Numbers:
        """Its numbers as float32."""


def numpy_type(element: str) -> np.dtype[np.generic]:
    """How NumPy reads numbers of this kind; a refusal for what no weight is made of."""
    if element not in _AS_NUMPY:
        raise InputError(f"its numbers are of type {element}, not floating point; save the model as float32 or float16")
    return np.dtype(_AS_NUMPY[element])


def widened(values: npt.NDArray[np.generic], element: str) -> Numbers:
    """These numbers as contiguous float32."""
    if element == BFLOAT:
        shifted = np.ascontiguousarray(values).astype(np.uint32) << np.uint32(16)
        return np.ascontiguousarray(shifted).view(np.float32)
    # What does not fit into a float32 becomes infinite, which is refused later by the tensor's name.
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(values, dtype=np.float32)

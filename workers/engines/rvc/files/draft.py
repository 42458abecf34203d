"""What all readers share: tensors still in their file, the draft made from them, and the beginning of refusals."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from storage.errors import InputError
from workers.engines.rvc.package import Sizes

Numbers = npt.NDArray[np.float32]
#: Names for kinds of floating-point numbers. NumPy has no bfloat16, which is the upper half of a float32.
HALF, BFLOAT, SINGLE, DOUBLE = "float16", "bfloat16", "float32", "float64"
_AS_NUMPY = {HALF: "<f2", BFLOAT: "<u2", SINGLE: "<f4", DOUBLE: "<f8"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A net with every tensor that its sizes require, all of them finite, and other facts from its file."""

    kind: str
    sizes: Sizes
    facts: Mapping[str, Any]
    weights: Mapping[str, Numbers]
    vectors: Numbers | None = None
    """Content features of the speaker's own recordings, one per row, if an index was given."""


class Stored(Protocol):
    """A tensor that is still in its file: its shape is known, and its numbers are read when needed."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sizes, checked against the bytes in the file."""

    def read(self) -> Numbers:
        """Its numbers as float32."""


def numpy_type(element: str) -> np.dtype[np.generic]:
    """The NumPy type of numbers of this kind; refuses kinds that no weight has."""
    if element not in _AS_NUMPY:
        raise InputError(f"its numbers are of type {element}, not floating point; save the model as float32 or float16")
    return np.dtype(_AS_NUMPY[element])


def widened(values: npt.NDArray[np.generic], element: str) -> Numbers:
    """These numbers as contiguous float32."""
    if element == BFLOAT:
        shifted = np.ascontiguousarray(values).astype(np.uint32) << np.uint32(16)
        return np.ascontiguousarray(shifted).view(np.float32)
    # What does not fit a float32 becomes infinite, which is refused later with the tensor's name.
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(values, dtype=np.float32)


def sha256_of(path: Path) -> str:
    """The hash that a source file is known by."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@contextmanager
def refusals_name(path: Path) -> Iterator[None]:
    """Let every refusal in this block begin with the name of this file."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path.name} is refused: {error.sentence}", *error.remedies) from error
    except OSError as error:
        why = error.strerror or "it cannot be read"
        raise InputError(f"{path.name} cannot be read ({why}); check the path and its permissions") from error

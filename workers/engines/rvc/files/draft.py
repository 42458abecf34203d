"""What all readers share: tensors that still lie in their file, the draft that they become, and how refusals begin."""

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
#: Kinds of floating-point number by the names used here. NumPy has no bfloat16: it is the upper half of a float32.
HALF, BFLOAT, SINGLE, DOUBLE = "float16", "bfloat16", "float32", "float64"
_AS_NUMPY = {HALF: "<f2", BFLOAT: "<u2", SINGLE: "<f4", DOUBLE: "<f8"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A net that has every tensor of its sizes, all of them finite, and what else its file said."""

    kind: str
    sizes: Sizes
    facts: Mapping[str, Any]
    weights: Mapping[str, Numbers]
    vectors: Numbers | None = None
    """Content features of the speaker's own recordings, one a row, where an index came along."""


class Stored(Protocol):
    """A tensor that still lies in its file: its shape is known, its numbers are read when they are wanted."""

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


def sha256_of(path: Path) -> str:
    """The hash that a source file is known by."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@contextmanager
def refusals_name(path: Path) -> Iterator[None]:
    """Whatever is refused in here is refused in one sentence that begins with the name of this file."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path.name} is refused: {error.sentence}", *error.remedies) from error
    except OSError as error:
        why = error.strerror or "it cannot be read"
        raise InputError(f"{path.name} cannot be read ({why}); check the path and its permissions") from error

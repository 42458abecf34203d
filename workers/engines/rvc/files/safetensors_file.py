"""Reads safetensors files: the library checks every bound, and the numbers are read where it says they are."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from storage.errors import InputError
from workers.engines.rvc.files.draft import BFLOAT, DOUBLE, HALF, SINGLE, Numbers, Stored, numpy_type, widened

_ELEMENTS = {"F16": HALF, "BF16": BFLOAT, "F32": SINGLE, "F64": DOUBLE}
#: Characters of the library's reason that an error quotes, because the reason repeats text from the file.
LONGEST_REASON = 300
#: Bytes before the header that say how long it is.
_LENGTH = 8


@dataclass(frozen=True, slots=True)
class PlacedTensor:
    """A tensor in one run of bytes."""

    path: Path
    at: int
    element: str
    shape: tuple[int, ...]

    def read(self) -> Numbers:
        """Its numbers as float32."""
        dtype = numpy_type(self.element)
        count = int(np.prod(self.shape, dtype=np.int64))
        try:
            flat = np.fromfile(self.path, dtype, count=count, offset=self.at)
        except (ValueError, OverflowError) as error:
            raise InputError("its numbers are not where they should be; download or copy the file again") from error
        if len(flat) != count:
            raise InputError("its numbers end early; download or copy the file again")
        return widened(flat.reshape(self.shape), self.element)


def open_safetensors(path: Path) -> dict[str, Stored]:
    """Every tensor of this file by its name."""
    try:
        with safe_open(path, "numpy"):
            pass
    except (SafetensorError, OSError, ValueError) as error:
        why = str(error).removeprefix("Error while deserializing header: ")
        raise InputError(
            f"it is not a valid safetensors file ({why.splitlines()[0][:LONGEST_REASON]}); download or copy it again"
        ) from error
    return _listed(path)


def _listed(path: Path) -> dict[str, Stored]:
    """The tensors listed in the header, which the library has found to cover the file exactly."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH), "little")
        header: dict[str, dict[str, Any]] = json.loads(file.read(length))
    return {
        name: PlacedTensor(
            path,
            _LENGTH + length + said["data_offsets"][0],
            _ELEMENTS.get(said["dtype"], str(said["dtype"])),
            tuple(said["shape"]),
        )
        for name, said in header.items()
        if name != "__metadata__"
    }

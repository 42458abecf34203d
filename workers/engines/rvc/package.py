"""An RVC voice, content encoder or pitch net as a package: the sizes of its net, and files of safetensors."""

import ctypes
import gc
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import load_file

from storage.errors import InputError
from workers.engines.package import FORMAT, VOICE, Contents, PackedFile, description_file
from workers.engines.rvc.architecture import EncoderSizes, PitchSizes, SynthesizerSizes

ENCODER, PITCH = "encoder", "pitch"
WEIGHTS, RETRIEVAL = "weights.safetensors", "retrieval.safetensors"
#: The only tensor in RETRIEVAL: content features of the speaker's own recordings, one per row.
VECTORS = "vectors"

Sizes = SynthesizerSizes | EncoderSizes | PitchSizes
_SIZES: dict[str, type[SynthesizerSizes] | type[EncoderSizes] | type[PitchSizes]] = {
    VOICE: SynthesizerSizes,
    ENCODER: EncoderSizes,
    PITCH: PitchSizes,
}
Known = TypeVar("Known", SynthesizerSizes, EncoderSizes, PitchSizes)
Weights = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Description:
    """A package's description of itself."""

    kind: str
    sizes: Sizes
    facts: Mapping[str, Any]
    """Other facts: where it came from, names of speakers, which content encoder it needs."""
    files: Mapping[str, PackedFile]

    def to_bytes(self) -> bytes:
        """The description file; the same facts give the same bytes."""
        described = {
            "format": FORMAT,
            "kind": self.kind,
            "sizes": self.sizes.to_json(),
            "facts": dict(self.facts),
            "files": {name: {"sha256": file.sha256, "bytes": file.bytes} for name, file in self.files.items()},
        }
        return json.dumps(described, sort_keys=True, separators=(",", ":")).encode()

    @property
    def hash(self) -> str:
        """The hash that the package is known by."""
        return sha256(self.to_bytes()).hexdigest()

    def sizes_as(self, expected: type[Known]) -> Known:
        """The sizes, which must be those of this kind of net."""
        if not isinstance(self.sizes, expected):
            raise InputError(f"the package {self.hash} holds a {self.kind}, but another kind of package is needed")
        return self.sizes

    @classmethod
    def from_bytes(cls, data: bytes) -> "Description":
        """The description, read back from its file."""
        contents, given = Contents.from_bytes(data), json.loads(data)
        if contents.kind not in _SIZES:
            raise InputError(
                f"the package is of kind {contents.kind}, which this program does not know; bring all machines to the"
                " same version"
            )
        return cls(contents.kind, _SIZES[contents.kind].from_json(given["sizes"]), given["facts"], contents.files)


@dataclass(frozen=True, slots=True)
class Package:
    """A package in a folder on this machine."""

    folder: Path
    description: Description

    @classmethod
    def in_folder(cls, folder: Path, kind: str) -> "Package":
        """The package of this kind in a folder."""
        description = Description.from_bytes((folder / description_file(kind)).read_bytes())
        if description.kind != kind:
            raise InputError(f"{folder} holds a package of kind {description.kind}, not {kind}")
        return cls(folder, description)

    def weights(self) -> Weights:
        """All tensors of the net, each read when it is used: read all at once, they would be in memory twice."""
        return _Stored(self.folder / WEIGHTS)

    def vectors(self) -> npt.NDArray[np.float32] | None:
        """The vectors to retrieve from, or None if the voice has none."""
        if RETRIEVAL not in self.description.files:
            return None
        return load_file(self.folder / RETRIEVAL)[VECTORS].astype(np.float32, copy=False)


class _Stored(Mapping[str, npt.NDArray[Any]]):
    """The tensors of a file, read one by one."""

    def __init__(self, path: Path) -> None:
        self.file = cast("Any", safe_open(path, framework="np"))
        self.names = frozenset(self.file.keys())

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        if name not in self.names:
            raise KeyError(name)
        tensor: npt.NDArray[Any] = self.file.get_tensor(name)
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def give_back() -> None:
    """Return freed memory to the system.

    Loading frees several times as much as it keeps, in blocks that the C library would hold on to: a gigabyte would
    count as used for as long as the worker runs. Only the GNU library has to be asked.
    """
    gc.collect()
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL("libc.so.6").malloc_trim(0)

"""What farm and engines hand each other: pieces, results, voices, and what is around them on a machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Piece:
    """One atom as an engine gets it; all positions are absolute samples of the recording.

    `samples` begins at `first` and holds the atom `start..stop` with whatever context the recording has on
    both sides. `out_start..out_stop` are the samples to deliver, counted at the voice's own rate.
    """

    samples: Samples
    first: int
    start: int
    stop: int
    out_start: int
    out_stop: int


@dataclass(frozen=True, slots=True)
class Converted:
    """What an engine gives back: exactly `out_stop - out_start` samples, and seconds spent by stage.

    A remark is for the record: something did not go as it should, and the samples are right all the same.
    """

    samples: Samples
    stages: Mapping[str, float] = field(default_factory=dict)
    remark: str | None = None


class Voice(Protocol):
    """A voice that is loaded and ready: a pure function of its package, the settings and the piece."""

    def convert(self, piece: Piece, settings: Mapping[str, Any]) -> Converted:
        """Convert one atom. The same arguments give the same samples, wherever and whenever."""
        ...


class PackageFolders(Protocol):
    """Where packages lie on this machine; what is not there yet is fetched first."""

    def __call__(self, content_hash: str, kind: str, /) -> Path:
        """The folder of the package with this hash."""
        ...


class Shelf(Protocol):
    """Where machines of one kind leave each other what they have compiled: nothing that a result depends on."""

    def get(self, name: str) -> bytes | None:
        """What lies there under this name."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """Leave something there, over what was there before."""
        ...


@dataclass(frozen=True, slots=True)
class NeededModel:
    """A model that a job needs beside its voice: its name, its kind, and the field of the recipe for its hash."""

    field: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """What an engine's framework found to compute on."""

    name: str
    bytes: int

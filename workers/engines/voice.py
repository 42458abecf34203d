"""What the farm and its engines exchange: pieces, results, voices, and a machine's packages and shelf."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from workers.engines.samples import Array, Samples


@dataclass(frozen=True, slots=True)
class Piece:
    """One atom as an engine gets it; all positions are absolute samples of the recording.

    `samples` begins at `first` and holds the atom `start..stop` with the context that the recording has on both
    sides. `out_start..out_stop` are the samples to deliver, counted at the voice's own rate.
    """

    samples: "Samples"
    first: int
    start: int
    stop: int
    out_start: int
    out_stop: int
    known: "Mapping[str, Array] | None" = field(default=None, kw_only=True)
    """What was found out of the atom for another voice; empty if nothing was, None if nobody will ask again."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What an engine returns: exactly `out_stop - out_start` samples, and the seconds spent by stage.

    A remark is for the record: something went wrong, but the samples are right.
    """

    samples: "Samples"
    stages: Mapping[str, float] = field(default_factory=dict)
    remark: str | None = None
    known: "Mapping[str, Array]" = field(default_factory=dict)
    """All that another voice need not find out again; empty if nothing of it is new."""


class Voice(Protocol):
    """A voice, loaded and ready: a pure function of its package, the settings and the piece."""

    def convert(self, piece: Piece, settings: Mapping[str, Any]) -> Converted:
        """Convert one atom; the same arguments always give the same samples, on every machine."""
        ...

    def convert_all(self, pieces: Sequence[Piece], settings: Mapping[str, Any]) -> Iterator[Converted]:
        """Convert atoms of one or several recordings, each as it would be alone; yields each as soon as it is done.

        Most voices gain nothing by doing several at once.
        """
        return (self.convert(piece, settings) for piece in pieces)


class PackageFolders(Protocol):
    """Finds packages on this machine; one that is not there yet is fetched first."""

    def __call__(self, content_hash: str, kind: str, /) -> Path:
        """The folder of the package with this hash."""
        ...


class Shelf(Protocol):
    """A place where machines of one kind share compiled programs; no result depends on it."""

    def get(self, name: str) -> bytes | None:
        """What is stored under this name, or None."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """Store something under this name, replacing what was there."""
        ...


@dataclass(frozen=True, slots=True)
class NeededModel:
    """A model that a job needs besides its voice: its name, its kind, and the recipe's field for its hash."""

    field: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device that an engine's framework can compute on."""

    name: str
    bytes: int
    remarks: tuple[str, ...] = ()
    """What makes it slower than it could be, as sentences that say what helps."""

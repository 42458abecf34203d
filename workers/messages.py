"""What travels between dispatcher and workers, as plain JSON; both floors read and write it here only."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AtomOrder:
    """One atom to convert; positions as in its record."""

    number: int
    start: int
    stop: int
    first: int
    last: int
    out_start: int
    out_stop: int


@dataclass(frozen=True, slots=True)
class LeaseOrder:
    """A run of atoms for one worker, with all that it must know to convert them."""

    token: str
    job_id: int
    engine: str
    engine_version: str
    recipe: Mapping[str, Any]
    settings: Mapping[str, Any]
    rate_in: int
    rate_voice: int
    atoms_prefix: str
    converted_prefix: str
    atoms: tuple[AtomOrder, ...]

    def to_json(self) -> Json:
        """As the arguments of a Celery task."""
        return asdict(self)

    @classmethod
    def from_json(cls, message: Json) -> "LeaseOrder":
        """Back from a Celery task's arguments."""
        return cls(**{**message, "atoms": tuple(AtomOrder(**a) for a in message["atoms"])})


@dataclass(frozen=True, slots=True)
class AtomOutcome:
    """How one atom ended and where its time went, in seconds."""

    number: int
    outcome: str
    audio_seconds: float
    error: str | None = None
    peak: float = 0.0
    fetch: float = 0.0
    decode: float = 0.0
    convert: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)
    encode: float = 0.0
    store: float = 0.0
    busy: float = 0.0
    peak_memory_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class LeaseReport:
    """News of a lease: atoms that ended since the last report, and whether the worker is through with it."""

    token: str
    incarnation: str
    outcomes: tuple[AtomOutcome, ...]
    is_over: bool

    def to_json(self) -> Json:
        """As the arguments of a Celery task."""
        return asdict(self)

    @classmethod
    def from_json(cls, message: Json) -> "LeaseReport":
        """Back from a Celery task's arguments."""
        return cls(**{**message, "outcomes": tuple(AtomOutcome(**o) for o in message["outcomes"])})


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A worker says who it is, what it offers and which leases it has in hand."""

    incarnation: str
    name: str
    queue: str
    capability: str
    device: str
    offers: tuple[str, ...]
    engines: Mapping[str, str]
    host: str
    pid: int
    state: str
    holding: tuple[str, ...]
    memory_mb: float

    def to_json(self) -> Json:
        """As the arguments of a Celery task."""
        return asdict(self)

    @classmethod
    def from_json(cls, message: Json) -> "Heartbeat":
        """Back from a Celery task's arguments."""
        return cls(**{**message, "offers": tuple(message["offers"]), "holding": tuple(message["holding"])})

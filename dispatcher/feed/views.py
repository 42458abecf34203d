"""What the planner sees of the farm: plain facts, read from SQL or made up by a simulation."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LeaseView:
    """A lease that is out, waiting in its queue or being worked on; or a bundle of leases, which looks like one."""

    token: str
    """The lease's, or the bundle's."""
    job_id: int
    engine: str
    needs: frozenset[str]
    atoms_left: int
    seconds_left: float
    """Audio not yet reported as done."""
    running_for: float | None
    """Seconds since a worker took it; None while it waits."""
    silent_for: float = 0.0
    """Seconds since its last sign of progress; counts from its start."""
    is_copy: bool = False
    is_copied: bool = False
    priority: int = 5
    """Of the most urgent job in it, where it is a bundle."""

    @property
    def is_waiting(self) -> bool:
        """Whether it is still in its queue."""
        return self.running_for is None


@dataclass(frozen=True, slots=True)
class ClassView:
    """Machines that run equally fast and offer the same: they share one queue."""

    queue: str
    offers: frozenset[str]
    slots: int
    speeds: Mapping[str, float]
    """Measured realtime factor by engine; an engine that is missing was never measured here."""
    leases: tuple[LeaseView, ...] = field(default=())
    most_leases: int = 1
    """How many leases of short jobs its machines take in one message."""


@dataclass(frozen=True, slots=True)
class JobView:
    """A job with atoms to hand out."""

    job_id: int
    engine: str
    needs: frozenset[str]
    """Every tag that a worker must offer, including the engine's own."""
    priority: int
    submitted_at: float
    last_leased_at: float
    atoms_waiting: int
    seconds_waiting: float
    seconds_to_come: float = 0.0
    """Audio that is still being split and will soon be waiting."""
    likeness: str = ""
    """Short jobs of equal likeness are worked on together, because a machine has the same things loaded for them."""
    leaves_open: bool = False
    """Whether it is still to be decided how it is done."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Hand the next atoms of a job to a queue: about this much audio, at least one atom."""

    queue: str
    job_id: int
    seconds: float
    also: tuple[int, ...] = ()
    """Short jobs whose atoms, all of them, go along in the same message, in this order."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Hand the last atoms of a lease that will end late to an idle queue as well."""

    queue: str
    token: str
    atoms: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The constants of scheduling; all in seconds of a worker's own time."""

    shortest_lease: float = 2.0
    """Below this the overhead of a lease outweighs the better balance."""
    longest_lease: float = 15.0
    """Within about two of these, a cancelled or outranked job gives way and a short job behind a long one starts."""
    lease_overhead: float = 0.2
    """From one lease's last atom to the first of the next: broker, fetch, decode."""
    stalled_after: float = 8.0
    """A lease whose next atom is this much overdue is worth copying whole."""

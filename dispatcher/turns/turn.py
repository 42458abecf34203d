"""A turn: one SQL transaction in which something is decided, and what is to be done once it is committed."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from dispatcher.kinds.kind import Stage
from storage.settings import Settings
from workers.wire.messages import Order


@dataclass(frozen=True, slots=True)
class Issued:
    """A lease to be sent: its queue, its priority and the order itself."""

    queue: str
    priority: int
    order: Order
    bundle: str | None = None
    """Leases of one bundle are sent in one message, in order."""
    told: str = ""
    """What it is, for people."""
    seconds: float = 0.0
    """How much audio it has."""
    task: str = ""
    """What the worker is asked to do, where it is not to convert: the queue's own task does that."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A lease that is no longer wanted, and the names of the workers that have it or may still get it."""

    token: str
    workers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A stage of a job that is asked for."""

    stage: Stage
    job_id: int
    alone: bool = False
    """Whether in a message of its own."""


@dataclass(slots=True)
class Followups:
    """Messages to send and decisions to take next. Losing them is harmless: the next tick finds the same."""

    feed: bool = False
    sweep: bool = False
    notify: bool = False
    check: bool = False
    drops: list[Drop] = field(default_factory=list)
    stages: list[Asked] = field(default_factory=list)
    leases: list[Issued] = field(default_factory=list)

    @property
    def is_silent(self) -> bool:
        """Whether there is no message to send."""
        return not (self.sweep or self.notify or self.check or self.drops or self.stages or self.leases)

    def asked_for(self, stage: Stage) -> list[int]:
        """The jobs whose stage is asked for."""
        return [asked.job_id for asked in self.stages if asked.stage is stage]


@dataclass(frozen=True, slots=True)
class Turn:
    """What every decision is made with: the transaction, its moment, the farm's settings, and what follows from it."""

    connection: Connection
    now: float
    settings: Settings
    followups: Followups = field(default_factory=Followups)

    def ask_for(self, stage: Stage, job_id: int, *, alone: bool = False) -> None:
        """Have a studio work on a stage of a job; `alone` if it may crash its process, or takes long."""
        self.followups.stages.append(Asked(stage, job_id, alone))

    def drop(self, drops: Iterable[Drop]) -> None:
        """Have workers drop leases."""
        self.followups.drops.extend(drops)

    def issue(self, lease: Issued) -> None:
        """Hand a lease to its queue."""
        self.followups.leases.append(lease)

    def feed_next(self) -> None:
        """Have the queues topped up: there is work to hand out, or a worker to take it."""
        self.followups.feed = True

    def notify_next(self) -> None:
        """Have a studio deliver the notices that are due."""
        self.followups.notify = True

    def check_next(self) -> None:
        """Have a studio judge the results that are to be judged."""
        self.followups.check = True

    def sweep_next(self) -> None:
        """Have what ended jobs left removed from the object store."""
        self.followups.sweep = True

"""What a desk transaction asks to be done once it is committed."""

from dataclasses import dataclass, field

from dispatcher.jobs.ending import Drop
from workers.messages import LeaseOrder


@dataclass(frozen=True, slots=True)
class Issued:
    """A lease to be sent: to which queue, how urgent, and the order itself."""

    queue: str
    priority: int
    order: LeaseOrder


@dataclass(slots=True)
class Effects:
    """Messages to send and questions to ask again; losing them is harmless, the next tick finds the same."""

    feed: bool = False
    drop: list[Drop] = field(default_factory=list)
    split: list[int] = field(default_factory=list)
    mend: list[int] = field(default_factory=list)
    stitch: list[int] = field(default_factory=list)
    sweep: bool = False
    leases: list[Issued] = field(default_factory=list)

    def add(self, other: "Effects") -> None:
        """Take another's wishes over."""
        self.feed = self.feed or other.feed
        self.drop += other.drop
        self.split += other.split
        self.mend += other.mend
        self.stitch += other.stitch
        self.sweep = self.sweep or other.sweep
        self.leases += other.leases

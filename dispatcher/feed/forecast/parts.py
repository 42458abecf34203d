"""What a simulated farm consists of: jobs, leases and machines."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dispatcher.feed.views import JobView, LeaseView


@dataclass(slots=True)
class ModelJob:
    """Work of one kind: which of its atoms wait, and when the first and the last were done.

    It is a recording and its atoms; or, where there are many, several alike, and an atom stands for some of them.
    """

    job_id: int
    submitted_at: float
    atoms: Sequence[float]
    """Seconds of sound in each."""
    engine: str = "model"
    needs: frozenset[str] = frozenset({"any"})
    priority: int = 5
    likeness: str = ""
    recordings: Sequence[int] = ()
    """How many whole recordings each atom stands for; nothing where the job is one recording."""
    most: float = float("inf")
    """Seconds that one real lease of it has at most, because a lease is of one recording."""
    waiting: deque[int] = field(default_factory=deque)
    seconds_waiting: float = 0.0
    done: set[int] = field(default_factory=set)
    leased_at: float = 0.0
    first_done_at: float | None = None
    finished_at: float | None = None

    def __post_init__(self) -> None:
        """All of it waits."""
        self.give_back(range(len(self.atoms)))

    @property
    def mean(self) -> float:
        """Seconds of a recording, where its atoms are whole ones."""
        return sum(self.atoms) / sum(self.recordings) if self.recordings else float("inf")

    def take(self) -> int:
        """The next atom that waits."""
        atom = self.waiting.popleft()
        self.seconds_waiting -= self.atoms[atom]
        return atom

    def give_back(self, atoms: Sequence[int]) -> None:
        """Let atoms wait again."""
        self.waiting = deque(sorted({*self.waiting, *atoms}))
        self.seconds_waiting = sum(self.atoms[atom] for atom in self.waiting)

    def finish(self, atom: int, now: float) -> bool:
        """Note that an atom is done; whether it was the last."""
        self.done.add(atom)
        if self.first_done_at is None:
            self.first_done_at = now
        if len(self.done) == len(self.atoms):
            self.finished_at = now
        return self.finished_at is not None

    def view(self) -> JobView:
        """As the planner sees it."""
        return JobView(
            self.job_id, self.engine, self.needs, self.priority, self.submitted_at, self.leased_at,
            len(self.waiting), self.seconds_waiting, 0.0, self.likeness,
        )  # fmt: skip


#: An atom of a job.
Piece = tuple[ModelJob, int]


@dataclass(slots=True)
class ModelLease:
    """A lease, or a bundle of leases, as the farm's records know it."""

    token: str
    queue: str
    left: deque[Piece]
    job: ModelJob
    """The first of its jobs, which says for all of them what they need."""
    started_at: float | None = None
    heard_at: float = 0.0
    ahead: float = 0.0
    """Seconds by which its first atom is done already."""
    copy_of: str | None = None
    copied: bool = False

    def not_done(self) -> Iterator[Piece]:
        """The atoms that nobody has done yet."""
        return (piece for piece in self.left if piece[1] not in piece[0].done)

    def view(self, now: float) -> LeaseView:
        """As the planner sees it."""
        lengths = [job.atoms[atom] for job, atom in self.not_done()]
        running = None if self.started_at is None else now - self.started_at
        return LeaseView(
            self.token, self.job.job_id, self.job.engine, self.job.needs, len(lengths), sum(lengths), running,
            0.0 if running is None else now - self.heard_at, self.copy_of is not None, self.copied, self.job.priority,
        )  # fmt: skip


@dataclass(slots=True)
class Machine:
    """A worker, and how fast it really runs each engine."""

    name: str
    queue: str
    speeds: Mapping[str, float]
    lease: ModelLease | None = None
    is_known: bool = True
    """Whether the dispatcher believes that it is there."""
    takes_leases: bool = True
    busy: float = 0.0
    """Seconds of conversion so far."""
    began_at: float | None = None
    """When it began the atom in hand."""

"""Work as a simulated farm gets it: every recording by itself, or in piles where there are too many."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from dispatcher.feed.backlog import MOST_ATOMS_ALONG
from dispatcher.feed.forecast.parts import ModelJob
from dispatcher.feed.leasing import MOST_ATOMS
from workers.wire.messages import MOST_TOGETHER

#: Up to so many recordings and atoms, all are simulated one by one: in a moment, because there are no more leases.
FEW_RECORDINGS, FEW_ATOMS = 1_000, 2_000
#: About how many piles more recordings are put into, because the planner looks at each every time; and how many a pile
#: has at least: several messages full, because what is left of it at its end goes out alone.
PILES, LEAST_IN_PILE = 40, 8 * MOST_TOGETHER
#: From both ends of all work of a kind on, an atom here stands for as many real ones as one in so many of those passed.
FINENESS = 500
#: Where work is in piles, a lease may be as long as this share of the time simulated so far.
GROWTH = 0.02


@dataclass(frozen=True, slots=True)
class Work:
    """What is still to be handed out of a recording."""

    engine: str
    needs: frozenset[str]
    priority: int
    likeness: str
    """Short recordings of equal likeness travel together."""
    submitted_at: float
    """Seconds from now: negative for what was handed in before."""
    seconds: float
    atoms: int
    is_ours: bool = True
    """Whether the forecast is about it, and not about what it has to wait for."""

    @property
    def is_short(self) -> bool:
        """Whether it goes along with others like it."""
        return self.atoms <= MOST_ATOMS_ALONG

    @property
    def kind(self) -> tuple[object, ...]:
        """What is equal for all in a pile."""
        return self.priority, self.engine, self.needs, self.likeness, self.is_ours, self.is_short


@dataclass(frozen=True, slots=True)
class Pile:
    """Recordings of a kind as one job."""

    works: Sequence[Work]
    """The oldest first."""
    atoms: Sequence[float]
    recordings: Sequence[int] = ()
    """How many whole ones are in each atom."""

    def job(self, number: int) -> ModelJob:
        """The job, of which nothing is done."""
        first = self.works[0]
        atom, recording = (sum(self.atoms) / sum(x) for x in ([w.atoms for w in self.works], [1 for _ in self.works]))
        most = float("inf") if first.is_short else min(MOST_ATOMS * atom, recording)
        return ModelJob(
            number, first.submitted_at, self.atoms, first.engine, first.needs, first.priority, first.likeness,
            self.recordings, most,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Modelled:
    """Work in the planner's order, as finely as it is simulated."""

    piles: Sequence[Pile]
    growth: float = 0.0

    def jobs(self) -> Iterator[tuple[ModelJob, bool]]:
        """Fresh jobs for a simulated farm, and whether the forecast is about them."""
        for number, pile in enumerate(self.piles, 1):
            yield pile.job(number), pile.works[0].is_ours


def atoms_in(seconds: float, longest_atom: float) -> int:
    """About how many atoms a recording is cut into: they last from half of the longest to all of it."""
    return 1 if seconds <= longest_atom else max(round(seconds / (0.75 * longest_atom)), 2)


def modelled(works: Sequence[Work]) -> Modelled:
    """The work as finely as it can be simulated in a moment."""
    few = len(works) <= FEW_RECORDINGS and sum(work.atoms for work in works) <= FEW_ATOMS
    return one_by_one(works) if few else in_piles(works)


def one_by_one(works: Sequence[Work]) -> Modelled:
    """Every recording as a job of its own."""
    return Modelled(_ordered(Pile([work], [work.seconds / work.atoms] * work.atoms) for work in works))


def in_piles(works: Sequence[Work]) -> Modelled:
    """Recordings of a kind together. All piles have equally many, so that they are as long as their recordings are."""
    kinds: dict[tuple[object, ...], list[Work]] = defaultdict(list)
    for work in sorted(works, key=lambda work: work.submitted_at):
        kinds[work.kind].append(work)
    size = max(ceil(len(works) / PILES), LEAST_IN_PILE)
    return Modelled(_ordered(pile for kind in kinds.values() for pile in _piles(kind, size)), GROWTH)


def _ordered(piles: Iterable[Pile]) -> Sequence[Pile]:
    return sorted(piles, key=lambda pile: (pile.works[0].priority, pile.works[0].submitted_at))


def _piles(kind: Sequence[Work], size: int) -> Iterator[Pile]:
    total = len(kind) if kind[0].is_short else sum(work.atoms for work in kind)
    passed = 0
    for first in range(0, len(kind), size):
        pile = kind[first : first + size]
        lengths: list[float] = []
        holds: list[int] = []
        for length in _pieces(pile):
            if not holds or holds[-1] >= _coarseness(passed, total):
                lengths.append(0.0)
                holds.append(0)
            lengths[-1] += length
            holds[-1] += 1
            passed += 1
        yield Pile(pile, lengths, holds if pile[0].is_short else ())


def _pieces(pile: Sequence[Work]) -> Iterator[float]:
    for work in pile:
        if work.is_short:
            yield work.seconds
        else:
            yield from [work.seconds / work.atoms] * work.atoms


def _coarseness(passed: int, total: int) -> int:
    """How many pieces are one, so far into all of them: few at both ends, where it shows."""
    return max(min(passed, total - passed) // FINENESS, 1)

"""The jobs that have atoms to hand out, kept so that the next one to serve is found without looking at them all."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from dispatcher.feed.views import JobView

#: Atoms of a job that goes along with another: those of a recording of about a minute.
MOST_ATOMS_ALONG = 3


@dataclass(slots=True)
class Waiting:
    """What is left of a job while a plan is being made."""

    view: JobView
    atoms: int
    seconds: float
    leased_at: float

    @property
    def atom(self) -> float:
        """A typical atom's length."""
        return self.seconds / max(self.atoms, 1)

    @property
    def length(self) -> float:
        """Audio that is left, including what is still being split."""
        return self.seconds + self.view.seconds_to_come


#: Priority, age or length, number, and a value that is never equal, so that jobs themselves are never compared.
Entry = tuple[int, float, int, int, Waiting]
ORDER = count()


#: What jobs need, their engine and their likeness.
_Kinship = tuple[frozenset[str], str, str]


def _kinship(view: JobView) -> _Kinship:
    return view.needs, view.engine, view.likeness


class _Group:
    """Jobs that need the same of a machine, ordered by age and by what is left."""

    def __init__(self) -> None:
        self.by_age: list[Entry] = []
        self.by_length: list[Entry] = []
        self.short_by_age: list[Entry] = []
        self.remaining = 0.0

    def add(self, job: Waiting) -> None:
        view = job.view
        entry = (view.priority, view.submitted_at, view.job_id, next(ORDER), job)
        self.by_age.append(entry)
        if job.atoms <= MOST_ATOMS_ALONG and not view.seconds_to_come:
            self.short_by_age.append(entry)
        self.by_length.append((view.priority, job.length, view.job_id, next(ORDER), job))
        self.remaining += job.length

    def order(self) -> None:
        heapq.heapify(self.by_age)
        heapq.heapify(self.by_length)
        heapq.heapify(self.short_by_age)

    def oldest(self) -> Entry | None:
        """The most urgent and then the oldest job."""
        return _first(self.by_age)

    def oldest_short(self) -> Entry | None:
        """The same among those so short that they may go along with others."""
        return _first(self.short_by_age)

    def shortest(self) -> Entry | None:
        """The most urgent and then the shortest job; outdated entries are skipped."""
        while self.by_length and (
            not self.by_length[0][4].atoms or self.by_length[0][1] != self.by_length[0][4].length
        ):
            heapq.heappop(self.by_length)
        return self.by_length[0] if self.by_length else None


def _first(entries: list[Entry]) -> Entry | None:
    while entries and not entries[0][4].atoms:
        heapq.heappop(entries)
    return entries[0] if entries else None


class Backlog:
    """All jobs, grouped by what they need."""

    def __init__(self, jobs: Iterable[JobView]) -> None:
        self.groups: dict[_Kinship, _Group] = {}
        self.latest = 0.0
        for view in jobs:
            self.latest = max(self.latest, view.last_leased_at)
            kin = _kinship(view)
            if (group := self.groups.get(kin)) is None:
                group = self.groups[kin] = _Group()
            group.add(Waiting(view, view.atoms_waiting, view.seconds_waiting, view.last_leased_at))
        for group in self.groups.values():
            group.order()

    def choose(self, offers: frozenset[str], held: Counter[int]) -> Waiting | None:
        """Alternate between the job that waits longest and the one done soonest, within the most urgent priority.

        The first keeps a long job from starving, the second lets a short one past it. `held` says how many places each
        job has where this one goes. As long as more of them went to jobs that overtook the oldest than to it and those
        before it, it is the oldest's turn, and the other way round: a crowd of short jobs has no more turns than one.
        """
        oldest = min((found for g in self._fitting(offers) if (found := g.oldest())), default=None)
        if oldest is None:
            return None
        shortest = min(found for g in self._fitting(offers) if (found := g.shortest()))
        overtook = sum(places for job_id, places in held.items() if job_id > oldest[4].view.job_id)
        in_order = held.total() - overtook
        if overtook != in_order:
            return oldest[4] if overtook > in_order else shortest[4]
        return min((shortest[4], oldest[4]), key=lambda job: job.leased_at)

    def remaining(self, offers: frozenset[str]) -> float:
        """All audio that a machine with these offers could still be given."""
        return sum(g.remaining for g in self._fitting(offers))

    def take(self, job: Waiting, atoms: int, seconds: float) -> None:
        """Note that atoms of a job were granted."""
        group = self.groups[_kinship(job.view)]
        group.remaining -= seconds
        job.atoms -= atoms
        job.seconds -= seconds
        self.latest += 1e-6
        job.leased_at = self.latest
        heapq.heappush(group.by_length, (job.view.priority, job.length, job.view.job_id, next(ORDER), job))

    def _fitting(self, offers: frozenset[str]) -> Iterator[_Group]:
        return (group for (needs, _, _), group in self.groups.items() if needs <= offers)

    def next_like(self, job: Waiting, seconds: float) -> Waiting | None:
        """The oldest short job that is like another and equally urgent, if all of it fits into so much audio.

        A long one that is older must not stand in its way.
        """
        found = self.groups[_kinship(job.view)].oldest_short()
        if found is None or found[0] != job.view.priority:
            return None
        return found[4] if found[4].seconds <= seconds else None

"""Who gets what next: a pure function of what the farm looks like now."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dispatcher.feed.backlog import Backlog, Waiting
from dispatcher.feed.ends import free_times
from dispatcher.feed.tail import plan_copies
from dispatcher.feed.views import ClassView, Copy, Grant, JobView, Rules

#: One running and one waiting lease per slot: the next begins at once, and little is tied to a slow machine.
LEASES_PER_SLOT = 2
#: Seconds that make no difference.
A_MOMENT = 1e-3


@dataclass(slots=True)
class _Plan:
    """The grants so far, and what is left after them."""

    classes: Sequence[ClassView]
    rules: Rules
    backlog: Backlog
    free: dict[str, list[float]]
    """By queue, a heap of the times at which its slots come free."""
    held: dict[str, Counter[int]]
    """By queue, the places that each job has in it."""
    grants: list[Grant] = field(default_factory=list)
    granted: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """By queue, the priorities of the jobs that were granted a lease there."""


def plan(classes: Sequence[ClassView], jobs: Sequence[JobView], rules: Rules) -> tuple[list[Grant], list[Copy]]:
    """Decide the leases to hand out now; idle machines before busy ones, fast before slow."""
    making = _Plan(
        classes,
        rules,
        Backlog(jobs),
        {c.queue: free_times(c, rules) for c in classes},
        {c.queue: Counter(lease.job_id for lease in c.leases) for c in classes},
    )
    for farm_class, is_waiting in _open_places(classes):
        _grant(making, farm_class, is_waiting=is_waiting)
    for farm_class in classes:
        _overtake(making, farm_class)
    fed = {g.queue for g in making.grants}
    idle = [c for c in classes if len(c.leases) < c.slots and c.queue not in fed]
    return making.grants, plan_copies(idle, classes, rules)


def is_full(classes: Sequence[ClassView], most_urgent: int | None) -> bool:
    """Whether nothing can be handed out: every place is taken, by work that is as urgent as any that waits."""
    return not _open_places(classes) and not any(
        lease.is_waiting and most_urgent is not None and lease.priority > most_urgent
        for farm_class in classes
        for lease in farm_class.leases
    )


def _open_places(classes: Sequence[ClassView]) -> list[tuple[ClassView, bool]]:
    """Every place where a lease could go, and whether it would wait there behind another."""
    places = [
        (farm_class, place >= farm_class.slots)
        for farm_class in classes
        for place in range(len(farm_class.leases), farm_class.slots * LEASES_PER_SLOT)
    ]
    return sorted(places, key=lambda place: (place[1], -fastest(place[0])))


def fastest(farm_class: ClassView) -> float:
    """The class's best realtime factor, 0 where nothing was measured."""
    return max(farm_class.speeds.values(), default=0.0)


def _grant(making: _Plan, farm_class: ClassView, *, is_waiting: bool) -> None:
    job = making.backlog.choose(farm_class.offers, making.held[farm_class.queue])
    if job is None:
        return
    speed = farm_class.speeds.get(job.view.engine)
    if speed is None:
        # Nobody knows how fast this class is: one atom will tell, and a waiting one would only tie up work.
        if not is_waiting:
            _take(making, farm_class, job, atoms=1)
    elif not _ends_too_late(making, farm_class, job, speed):
        seconds = speed * _own_time(making, farm_class, job)
        _take(making, farm_class, job, atoms=max(round(seconds / job.atom), 1))


def _overtake(making: _Plan, farm_class: ClassView) -> None:
    """Give more urgent work a place in a full queue: the broker hands it out before what waits there.

    So it waits only for the lease in hand.
    """
    places = farm_class.slots * LEASES_PER_SLOT
    while (job := making.backlog.choose(farm_class.offers, making.held[farm_class.queue])) is not None:
        granted = tuple(making.granted[farm_class.queue])
        ahead = sum(not x.is_waiting or x.priority <= job.view.priority for x in farm_class.leases)
        ahead += sum(priority <= job.view.priority for priority in granted)
        if ahead >= places or len(farm_class.leases) + len(granted) < places:
            return
        _grant(making, farm_class, is_waiting=True)
        if len(making.granted[farm_class.queue]) == len(granted):
            return


def _own_time(making: _Plan, farm_class: ClassView, job: Waiting) -> float:
    """Half of the time from when this machine comes free until everything is done, between shortest and longest."""
    end = _poured_over(making, farm_class, job, without=None)
    left = 0.0 if end is None else end - making.free[farm_class.queue][0]
    return min(max(left / 2.0, making.rules.shortest_lease), making.rules.longest_lease)


def _ends_too_late(making: _Plan, farm_class: ClassView, job: Waiting, speed: float) -> bool:
    """Whether everything could be done elsewhere before this machine has done a single atom."""
    here = making.free[farm_class.queue][0] + making.rules.lease_overhead + job.atom / speed
    at_best = _poured_over(making, farm_class, job, without=farm_class)
    if at_best is None or at_best >= here:
        return False
    # Sooner by more than rounding: otherwise each of two equal machines would leave the atom to the other.
    return _dealt_out(making, farm_class, job, before=here - A_MOMENT)


def _poured_over(making: _Plan, farm_class: ClassView, job: Waiting, *, without: ClassView | None) -> float | None:
    """When the rest would be done if it could be divided at will; optionally without one slot of a class."""
    work, rate = making.backlog.remaining(farm_class.offers), 0.0
    for speed, free in _machines(making, job, without):
        rate += speed
        work += speed * free
    return work / rate if rate else None


def _dealt_out(making: _Plan, farm_class: ClassView, job: Waiting, *, before: float) -> bool:
    """Whether the other machines, taking whole atoms, would finish the rest before a given time.

    Only asked near the end, where dividing at will promises too much because an atom cannot be halved.
    """
    machines = [(free + making.rules.lease_overhead, 1.0 / speed) for speed, free in _machines(making, job, farm_class)]
    room = sum(max(int((before - free) / (job.atom * pace)), 0) for free, pace in machines)
    return room * job.atom >= making.backlog.remaining(farm_class.offers)


def _machines(making: _Plan, job: Waiting, without: ClassView | None) -> Iterator[tuple[float, float]]:
    """Speed and free time of every slot that may work on the job, less the soonest one of a class."""
    fit = [c for c in making.classes if job.view.needs <= c.offers]
    # A machine that was never measured may be as fast as any, so nobody is given much before it is.
    unmeasured = max((c.speeds.get(job.view.engine, 0.0) for c in fit), default=0.0)
    for other in fit:
        speed = other.speeds.get(job.view.engine, unmeasured)
        if speed:
            free = making.free[other.queue]
            for time in sorted(free)[1:] if other is without else free:
                yield speed, time


def _take(making: _Plan, farm_class: ClassView, job: Waiting, atoms: int) -> None:
    """Note the grant, take its atoms off the job and book the time of the machine that comes free first.

    What is left of the grant once a job is handed out whole goes to short jobs that are like it.
    """
    wanted = atoms
    atoms = min(atoms, job.atoms)
    seconds = atoms * job.atom
    room = (wanted - atoms) * job.atom
    making.backlog.take(job, atoms, seconds)
    also = _take_along(making, farm_class, job, room)
    seconds_along = sum(seconds for _, seconds in also)
    making.grants.append(Grant(farm_class.queue, job.view.job_id, seconds, tuple(job_id for job_id, _ in also)))
    making.granted[farm_class.queue].append(job.view.priority)
    making.held[farm_class.queue][job.view.job_id] += 1
    speed = farm_class.speeds.get(job.view.engine)
    own = (seconds + seconds_along) / speed if speed else making.rules.shortest_lease
    free = making.free[farm_class.queue]
    heapq.heapreplace(free, free[0] + own + making.rules.lease_overhead)


def _take_along(making: _Plan, farm_class: ClassView, job: Waiting, room: float) -> list[tuple[int, float]]:
    """Whole jobs like this one that fit into so much audio, with the audio of each."""
    taken: list[tuple[int, float]] = []
    if job.atoms or job.view.seconds_to_come:
        return taken
    while len(taken) + 1 < farm_class.most_leases:
        other = making.backlog.next_like(job, room)
        if other is None:
            return taken
        taken.append((other.view.job_id, other.seconds))
        room -= other.seconds
        making.backlog.take(other, other.atoms, other.seconds)
    return taken

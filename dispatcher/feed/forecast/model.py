"""A simulated farm under a simulated clock, fed by the real planner. Nothing in it is left to chance."""

import heapq
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count, islice

from dispatcher.feed.forecast.parts import Machine, ModelJob, ModelLease, Piece
from dispatcher.feed.plan import plan
from dispatcher.feed.snapshot import MOST_JOBS
from dispatcher.feed.views import ClassView, Copy, Grant, LeaseView, Rules

#: An act of the simulation and when it is due; the number keeps those of one moment in order.
Event = tuple[float, int, Callable[[], None]]


class FarmModel:
    """Runs jobs on machines, event by event."""

    def __init__(self, classes: Sequence[ClassView], rules: Rules, *, growth: float = 0.0) -> None:
        """A farm as it is now, with the leases that are out.

        With `growth`, a lease may be as long as this share of the time simulated so far, and stands for as many real
        ones: what is far away needs no fine grain.
        """
        self.rules, self.growth = rules, growth
        self.now = 0.0
        self.jobs: list[ModelJob] = []
        self.leases: dict[str, ModelLease] = {}
        self.leases_sent = 0
        self._classes = {c.queue: c for c in classes}
        self._queued: dict[str, list[tuple[int, int, ModelLease]]] = defaultdict(list)
        self._events: list[Event] = []
        self._order = count()
        self._open: set[int] = set()
        self._feeds: set[float] = set()
        """When jobs come."""
        self.machines = [Machine(f"{c.queue} {n}", c.queue, c.speeds) for c in classes for n in range(c.slots)]
        for farm_class in classes:
            self._take_over(farm_class)

    def add(self, job: ModelJob) -> ModelJob:
        """Add a job that has something to do."""
        self.jobs.append(job)
        when = max(job.submitted_at, self.now)
        if when not in self._feeds:
            self._feeds.add(when)
            self.at(when, self.feed)
        return job

    def run(self, until: Iterable[ModelJob] | None = None) -> float:
        """Run until these jobs are done, by default all; returns the time then, infinite if nobody can do them."""
        wanted = list(self.jobs if until is None else until)
        self._open = {job.job_id for job in wanted if job.finished_at is None}
        while self._open and self._events:
            self.now, _, act = heapq.heappop(self._events)
            act()
        return float("inf") if self._open else max((job.finished_at or 0.0 for job in wanted), default=0.0)

    def busy_seconds(self, queue: str) -> float:
        """Seconds that the machines of a class have converted so far, all together."""
        ours = [m for m in self.machines if m.queue == queue]
        return sum(m.busy + (max(self.now - m.began_at, 0.0) if m.began_at is not None else 0.0) for m in ours)

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Do something at a moment."""
        heapq.heappush(self._events, (when, next(self._order), act))

    # What a farm that is less well known does otherwise

    def speeds_of(self, queue: str) -> Mapping[str, float]:
        """What the planner knows of a class."""
        return self._classes[queue].speeds

    def takes(self, machine: Machine, job: ModelJob, seconds: float, at: float) -> float | None:  # noqa: ARG002
        """How long a machine converts so much sound if it begins at a moment; None if it never reports it."""
        speed = machine.speeds.get(job.engine)
        return seconds / speed if speed else self.rules.shortest_lease

    # Feeding

    def feed(self) -> None:
        """Let the planner hand out what it wants to."""
        rules = replace(self.rules, longest_lease=self.rules.longest_lease * self.coarseness)
        waiting = (job.view() for job in self.jobs if job.waiting and job.submitted_at <= self.now)
        grants, copies = plan(self._class_views(), list(islice(waiting, MOST_JOBS)), rules)
        for grant in grants:
            self._grant(grant)
        for copy in copies:
            self._copy(copy)
        self.start_idle()

    def start_idle(self) -> None:
        """Let machines without a lease take one from their queue, the most urgent first."""
        for machine in self.machines:
            queued = self._queued[machine.queue]
            if queued and machine.lease is None and machine.takes_leases:
                lease = heapq.heappop(queued)[2]
                machine.lease = lease
                lease.started_at = lease.heard_at = self.now
                self.begin(machine, self.now + self.rules.lease_overhead * self._real_leases(lease, machine))

    def drop(self, lease: ModelLease) -> None:
        """Take a lease off the farm."""
        self.leases.pop(lease.token, None)
        queued = self._queued[lease.queue]
        queued[:] = [entry for entry in queued if entry[2] is not lease]
        heapq.heapify(queued)

    @property
    def coarseness(self) -> float:
        """How many real leases one may stand for by now."""
        return max(1.0, self.growth * self.now / self.rules.longest_lease)

    def _grant(self, grant: Grant) -> None:
        job = self.jobs[grant.job_id - 1]
        pieces: list[Piece] = []
        seconds, most = 0.0, self._most(job, grant)
        while job.waiting and (not pieces or seconds + job.atoms[job.waiting[0]] / 2 <= most):
            if pieces and job.waiting[0] != pieces[-1][1] + 1:
                break
            pieces.append((job, job.take()))
            seconds += job.atoms[pieces[-1][1]]
        for along in (self.jobs[number - 1] for number in grant.also):
            pieces += [(along, along.take()) for _ in range(len(along.waiting))]
            along.leased_at = self.now
        if pieces:
            job.leased_at = self.now
            self._send(grant.queue, deque(pieces))

    def _most(self, job: ModelJob, grant: Grant) -> float:
        """Seconds of sound that a grant comes to at most: the planner takes a pile of recordings for a single one."""
        most = min(job.most, self._classes[grant.queue].most_leases * job.mean)
        return min(grant.seconds, most * self.coarseness)

    def _copy(self, copy: Copy) -> None:
        original = self.leases[copy.token]
        original.copied = True
        back = list(original.not_done())[-copy.atoms :]
        self._send(copy.queue, deque(back), copy_of=original.token)

    def _send(self, queue: str, pieces: deque[Piece], *, copy_of: str | None = None) -> None:
        lease = ModelLease(f"t{self.leases_sent}", queue, pieces, pieces[0][0], copy_of=copy_of)
        self.leases_sent += 1
        self.leases[lease.token] = lease
        self._wait_in_queue(lease)

    def _wait_in_queue(self, lease: ModelLease) -> None:
        heapq.heappush(self._queued[lease.queue], (lease.job.priority, next(self._order), lease))

    def _real_leases(self, lease: ModelLease, machine: Machine) -> float:
        """How many leases of a real farm a long one stands for: each is limited in time, atoms and recordings."""
        if not self.growth:
            return 1.0
        most = min(self.rules.longest_lease * machine.speeds.get(lease.job.engine, 1.0), lease.job.most)
        seconds = sum(job.atoms[atom] for job, atom in lease.left)
        recordings = sum(job.recordings[atom] for job, atom in lease.left if job.recordings)
        return max(1.0, seconds / most, recordings / self._classes[lease.queue].most_leases)

    # Working

    def begin(self, machine: Machine, at: float) -> None:
        """Take the next atom that nobody has done yet, or end the lease."""
        lease = machine.lease
        if lease is None:
            return
        while lease.left and lease.left[0][1] in lease.left[0][0].done:
            lease.left.popleft()
        if not lease.left:
            self.at(at, partial(self._end, machine, lease))
            return
        job, atom = lease.left[0]
        took = self.takes(machine, job, job.atoms[atom], at)
        if took is not None:
            machine.began_at = at
            left, lease.ahead = max(took - lease.ahead, 0.0), 0.0
            self.at(at + left, partial(self.report, machine, lease, (job, atom), took))

    def report(self, machine: Machine, lease: ModelLease, piece: Piece, took: float) -> None:
        """Note that an atom is done, unless another was first, and go on with the next."""
        job, atom = piece
        lease.heard_at = self.now
        machine.busy += self.now - (machine.began_at if machine.began_at is not None else self.now - took)
        machine.began_at = None
        if lease.token in self.leases and atom not in job.done and job.finish(atom, self.now):
            self._open.discard(job.job_id)
        if lease.left and lease.left[0] == piece:
            lease.left.popleft()
        self.begin(machine, self.now)

    def _end(self, machine: Machine, lease: ModelLease) -> None:
        self.leases.pop(lease.token, None)
        machine.lease = None
        self.start_idle()
        self.feed()

    # What the planner sees

    def _class_views(self) -> list[ClassView]:
        slots: dict[str, int] = {}
        for machine in self.machines:
            if machine.is_known:
                slots[machine.queue] = slots.get(machine.queue, 0) + 1
        return [
            replace(
                self._classes[queue], slots=known, speeds=self.speeds_of(queue), leases=tuple(self._lease_views(queue))
            )
            for queue, known in slots.items()
        ]

    def _lease_views(self, queue: str) -> Iterator[LeaseView]:
        return (lease.view(self.now) for lease in self.leases.values() if lease.queue == queue)

    # The farm as it was found

    def _take_over(self, farm_class: ClassView) -> None:
        """Let the machines of a class hold the leases that are out."""
        idle = [machine for machine in self.machines if machine.queue == farm_class.queue]
        for view in farm_class.leases:
            if not view.atoms_left:
                continue
            lease = self._found(view, farm_class.queue)
            if view.is_waiting or not idle:
                self._wait_in_queue(lease)
                continue
            machine = idle.pop(0)
            machine.lease = lease
            lease.started_at, lease.heard_at = -(view.running_for or 0.0), -view.silent_for
            lease.ahead = view.silent_for
            self.begin(machine, 0.0)
        self.at(0.0, self.start_idle)

    def _found(self, view: LeaseView, queue: str) -> ModelLease:
        """A lease of work that was handed in before."""
        length = view.seconds_left / view.atoms_left
        job = ModelJob(-len(self.leases) - 1, 0.0, [length] * view.atoms_left, view.engine, view.needs, view.priority)
        pieces = deque((job, job.take()) for _ in range(view.atoms_left))
        lease = ModelLease(view.token, queue, pieces, job, copied=view.is_copied)
        lease.copy_of = view.token if view.is_copy else None
        self.leases[lease.token] = lease
        return lease

"""A simulated farm under a simulated clock, fed by the real planner: no sleeping, no hand-set speeds."""

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from dispatcher.feed.plan import plan
from dispatcher.feed.speed import Speed
from dispatcher.feed.views import ClassView, JobView, LeaseView, Rules

#: The shortest and longest atom that the splitter cuts, in seconds.
ATOM_SECONDS = (15.0, 30.0)
#: A worker that has been silent for this many seconds is lost.
LOST_AFTER = 10.0


@dataclass(slots=True)
class ModelJob:
    """A recording: which atoms wait, and when the first and the last were done."""

    job_id: int
    submitted_at: float
    atoms: list[float]
    waiting: list[int] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    leased_at: float = 0.0
    first_done_at: float | None = None
    finished_at: float | None = None


@dataclass(slots=True)
class ModelLease:
    """A lease as the farm's records know it."""

    token: str
    job: ModelJob
    queue: str
    left: list[int]
    created_at: float
    started_at: float | None = None
    heard_at: float = 0.0
    copy_of: str | None = None
    copied: bool = False


@dataclass(slots=True)
class Machine:
    """A worker with a true speed that the planner never sees."""

    name: str
    queue: str
    speed: float
    dies_at: float | None = None
    lease: ModelLease | None = None


class FarmModel:
    """Runs jobs on machines, event by event."""

    def __init__(
        self,
        speeds: Sequence[float],
        seed: int,
        *,
        overhead: float = 0.2,
        noise: float = 0.1,
        rules: Rules | None = None,
    ) -> None:
        self.rules = rules or Rules()
        self.random = random.Random(seed)
        self.overhead, self.noise = overhead, noise
        self.machines = [Machine(f"m{i}", f"class-{speed:g}", speed) for i, speed in enumerate(speeds)]
        self.speeds: dict[str, Speed] = {}
        self.jobs: list[ModelJob] = []
        self.leases: dict[str, ModelLease] = {}
        self.now = 0.0
        self.events: list[tuple[float, int, str, object]] = []
        self.order = count()
        self.leases_sent = 0

    def submit(self, seconds: float, at: float = 0.0) -> ModelJob:
        """Add a recording, cut the way the splitter cuts."""
        atoms: list[float] = []
        while seconds > 0:
            atom = min(self.random.uniform(*ATOM_SECONDS), seconds)
            atoms.append(atom)
            seconds -= atom
        job = ModelJob(len(self.jobs) + 1, at, atoms, list(range(len(atoms))))
        self.jobs.append(job)
        self._at(at, "feed", None)
        return job

    def kill(self, machine: Machine, at: float) -> None:
        """Make a machine fall silent for good."""
        machine.dies_at = at
        self._at(at + LOST_AFTER, "lost", machine)

    def run(self) -> float:
        """Run until every job is done; returns the time then."""
        self._at(1.0, "tick", None)
        while any(job.finished_at is None for job in self.jobs):
            self.now, _, kind, what = heapq.heappop(self.events)
            getattr(self, f"_on_{kind}")(what)
        return max(job.finished_at or 0.0 for job in self.jobs)

    def _at(self, when: float, kind: str, what: object) -> None:
        heapq.heappush(self.events, (when, next(self.order), kind, what))

    def _alive(self, machine: Machine, at: float) -> bool:
        return machine.dies_at is None or at < machine.dies_at

    def _on_tick(self, _: object) -> None:
        self._on_feed(None)
        self._at(self.now + 1.0, "tick", None)

    def _on_lost(self, machine: Machine) -> None:
        if machine.lease is not None:
            self._give_back(machine.lease)
            machine.lease = None
        if not any(self._known(m) for m in self.machines if m.queue == machine.queue):
            for lease in [x for x in self.leases.values() if x.queue == machine.queue and x.started_at is None]:
                self._give_back(lease)
        self._on_feed(None)

    def _give_back(self, lease: ModelLease) -> None:
        """Give back the atoms that only this lease held; those that a copy also holds stay with the copy."""
        if self.leases.pop(lease.token, None) is None:
            return
        for copy in self.leases.values():
            if copy.copy_of == lease.token:
                copy.copy_of = None
        held = {a for x in self.leases.values() if x.job is lease.job for a in x.left}
        back = [a for a in lease.left if a not in lease.job.done and a not in held]
        lease.job.waiting = sorted(set(lease.job.waiting) | set(back))

    def _known(self, machine: Machine) -> bool:
        """Whether the dispatcher still believes in a machine."""
        return machine.dies_at is None or self.now < machine.dies_at + LOST_AFTER

    def _on_feed(self, _: object) -> None:
        grants, copies = plan(self._classes(), self._job_views(), self.rules)
        for grant in grants:
            job = self.jobs[grant.job_id - 1]
            taken: list[int] = []
            seconds = 0.0
            while job.waiting and (not taken or seconds + job.atoms[job.waiting[0]] / 2 <= grant.seconds):
                if taken and job.waiting[0] != taken[-1] + 1:
                    break
                taken.append(job.waiting.pop(0))
                seconds += job.atoms[taken[-1]]
            if taken:
                job.leased_at = self.now
                self._send(ModelLease(f"t{self.leases_sent}", job, grant.queue, taken, self.now))
        for copy in copies:
            original = self.leases[copy.token]
            original.copied = True
            back = original.left[-copy.atoms :]
            self._send(
                ModelLease(f"t{self.leases_sent}", original.job, copy.queue, back, self.now, copy_of=original.token)
            )
        self._start_idle()

    def _send(self, lease: ModelLease) -> None:
        self.leases_sent += 1
        self.leases[lease.token] = lease

    def _start_idle(self) -> None:
        for machine in self.machines:
            if machine.lease is None and self._alive(machine, self.now):
                queued = [x for x in self.leases.values() if x.queue == machine.queue and x.started_at is None]
                if queued:
                    lease = queued[0]
                    machine.lease = lease
                    lease.started_at = lease.heard_at = self.now
                    self._begin(machine, self.now + self.overhead)

    def _begin(self, machine: Machine, at: float) -> None:
        """Take the next atom that nobody has done yet, or end the lease."""
        lease = machine.lease
        assert lease is not None
        lease.left = [a for a in lease.left if a not in lease.job.done]
        if not lease.left:
            self._at(at, "end", (machine, lease))
            return
        atom = lease.left[0]
        took = lease.job.atoms[atom] / machine.speed * max(self.random.gauss(1.0, self.noise), 0.3)
        if self._alive(machine, at + took):
            self._at(at + took, "atom", (machine, lease, atom, took))

    def _on_atom(self, what: tuple[Machine, ModelLease, int, float]) -> None:
        machine, lease, atom, took = what
        self.speeds[machine.queue] = self.speeds.get(machine.queue, Speed()).after(lease.job.atoms[atom], took)
        lease.heard_at = self.now
        job = lease.job
        if lease.token in self.leases and atom not in job.done:
            job.done.add(atom)
            job.first_done_at = job.first_done_at if job.first_done_at is not None else self.now
            if len(job.done) == len(job.atoms):
                job.finished_at = self.now
        if atom in lease.left:
            lease.left.remove(atom)
        self._begin(machine, self.now)

    def _on_end(self, what: tuple[Machine, ModelLease]) -> None:
        machine, lease = what
        self.leases.pop(lease.token, None)
        machine.lease = None
        self._start_idle()
        self._on_feed(None)

    def _classes(self) -> list[ClassView]:
        queues: dict[str, int] = {}
        for machine in self.machines:
            if self._known(machine):
                queues[machine.queue] = queues.get(machine.queue, 0) + 1
        return [self._class_view(queue, slots) for queue, slots in queues.items()]

    def _class_view(self, queue: str, slots: int) -> ClassView:
        speed = self.speeds.get(queue)
        leases = tuple(self._lease_view(x) for x in self.leases.values() if x.queue == queue)
        return ClassView(queue, frozenset({"any"}), slots, {"model": speed.factor} if speed else {}, leases)

    def _lease_view(self, lease: ModelLease) -> LeaseView:
        left = [a for a in lease.left if a not in lease.job.done]
        running = None if lease.started_at is None else self.now - lease.started_at
        return LeaseView(
            token=lease.token,
            job_id=lease.job.job_id,
            engine="model",
            needs=frozenset({"any"}),
            atoms_left=len(left),
            seconds_left=sum(lease.job.atoms[a] for a in left),
            running_for=running,
            silent_for=self.now - lease.heard_at if running is not None else 0.0,
            is_copy=lease.copy_of is not None,
            is_copied=lease.copied,
        )

    def _job_views(self) -> list[JobView]:
        return [
            JobView(
                job_id=job.job_id,
                engine="model",
                needs=frozenset({"any"}),
                priority=5,
                submitted_at=job.submitted_at,
                last_leased_at=job.leased_at,
                atoms_waiting=len(job.waiting),
                seconds_waiting=sum(job.atoms[a] for a in job.waiting),
            )
            for job in self.jobs
            if job.waiting and job.submitted_at <= self.now
        ]

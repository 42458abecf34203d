"""A simulated farm that is less predictable than a forecast's: noise, speeds that must be learnt, and deaths."""

import random
from collections.abc import Iterable, Mapping, Sequence

from dispatcher.feed.forecast.model import FarmModel as PlainModel
from dispatcher.feed.forecast.parts import Machine, ModelJob, ModelLease, Piece
from dispatcher.feed.speed import Speed
from dispatcher.feed.views import ClassView, Rules

#: The shortest and longest atom that the splitter cuts, in seconds.
ATOM_SECONDS = (15.0, 30.0)
#: A worker that has been silent for this many seconds is lost.
LOST_AFTER = 10.0
#: When nothing happens to a machine.
NEVER = float("inf")


class FarmModel(PlainModel):
    """Machines with true speeds that the planner never sees."""

    def __init__(self, speeds: Sequence[float], seed: int, *, noise: float = 0.1, rules: Rules | None = None) -> None:
        super().__init__([_farm_class(speed, speeds) for speed in dict.fromkeys(speeds)], rules or Rules())
        self.machines = [Machine(f"m{n}", _queue(speed), {"model": speed}) for n, speed in enumerate(speeds)]
        self.random = random.Random(seed)
        self.noise = noise
        self.learnt: dict[str, Speed] = {}
        self.deaths: dict[str, float] = {}

    def submit(self, seconds: float, at: float = 0.0) -> ModelJob:
        """Add a recording, cut the way the splitter cuts."""
        atoms: list[float] = []
        while seconds > 0:
            atom = min(self.random.uniform(*ATOM_SECONDS), seconds)
            atoms.append(atom)
            seconds -= atom
        return self.add(ModelJob(len(self.jobs) + 1, at, atoms))

    def kill(self, machine: Machine, at: float) -> None:
        """Make a machine fall silent for good."""
        self.deaths[machine.name] = at
        self.at(at, lambda: setattr(machine, "takes_leases", False))
        self.at(at + LOST_AFTER, lambda: self._lose(machine))

    def run(self, until: Iterable[ModelJob] | None = None) -> float:
        """Run until jobs are done, looking at the farm once a second; returns the time then."""
        self.at(1.0, self._tick)
        return super().run(until)

    def speeds_of(self, queue: str) -> Mapping[str, float]:
        """What was learnt so far."""
        return {"model": self.learnt[queue].factor} if queue in self.learnt else {}

    def takes(self, machine: Machine, job: ModelJob, seconds: float, at: float) -> float | None:
        """About as long as its speed says; it never reports what it dies over."""
        took = seconds / machine.speeds[job.engine] * max(self.random.gauss(1.0, self.noise), 0.3)
        return took if at + took < self.deaths.get(machine.name, NEVER) else None

    def report(self, machine: Machine, lease: ModelLease, piece: Piece, took: float) -> None:
        """Learn from it first."""
        known = self.learnt.get(machine.queue, Speed())
        self.learnt[machine.queue] = known.after(piece[0].atoms[piece[1]], took)
        super().report(machine, lease, piece, took)

    def _tick(self) -> None:
        self.feed()
        self.at(self.now + 1.0, self._tick)

    def _lose(self, machine: Machine) -> None:
        """Believe in a machine no longer."""
        machine.is_known = False
        if machine.lease is not None:
            self._give_back(machine.lease)
            machine.lease = None
        if not any(m.is_known for m in self.machines if m.queue == machine.queue):
            for lease in [x for x in self.leases.values() if x.queue == machine.queue and x.started_at is None]:
                self._give_back(lease)
        self.feed()

    def _give_back(self, lease: ModelLease) -> None:
        """Give back the atoms that only this lease held; those that a copy also holds stay with the copy."""
        if lease.token not in self.leases:
            return
        self.drop(lease)
        for copy in self.leases.values():
            if copy.copy_of == lease.token:
                copy.copy_of = None
        held = {atom for x in self.leases.values() for job, atom in x.left if job is lease.job}
        lease.job.give_back([atom for _, atom in lease.not_done() if atom not in held])


def _queue(speed: float) -> str:
    return f"class-{speed:g}"


def _farm_class(speed: float, speeds: Sequence[float]) -> ClassView:
    return ClassView(_queue(speed), frozenset({"any"}), speeds.count(speed), {})

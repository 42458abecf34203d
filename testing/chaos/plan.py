"""A plan of faults, derived from a seed alone: the same seed does the same to a farm, again and again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from testing.chaos.kinds import FREQUENT, SERVERS, Kind

WORKERS = ("worker-1", "worker-2", "worker-3")
DISPATCHERS = ("desk", "studio")
BROKER = "redis"
#: Workers that reach the broker by a way of their own, which can be cut while the others' stays open.
APART = WORKERS[1:]
#: The machine whose clock is set where the dispatcher shares its machine with nobody.
DISPATCHER_MACHINE = "dispatcher"
#: Seconds by which clocks are set: ten minutes forth and back.
CLOCK_STEPS = (600.0, -600.0)
#: Shortest and longest time for which a fault lasts; the longest is beyond what the farm takes to call a worker lost.
SHORTEST, LONGEST = 0.5, 6.0
#: The same for workers that have to start first.
LONG_SHORTEST, LONG_LONGEST = 5.0, 10.0
#: How far, in parts of the pause between two faults, each may be early or late.
UNSTEADY = 0.4


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is done to a farm."""

    number: int
    at: float
    """Seconds after the round's beginning."""
    kind: Kind
    target: str
    """Process, machine, or queue's share that it hits; empty where there is only one."""
    seconds: float
    """For how long; 0 where it is over at once."""
    amount: float = 0.0
    """Seconds by which a clock is set; elsewhere a number for the fault's own choices."""


@dataclass(frozen=True, slots=True)
class Round:
    """Faults between two times at which the farm may settle."""

    seed: int
    number: int
    faults: tuple[Fault, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing happens in it."""
        return not self.faults


def derive_round(
    seed: int, number: int, farm: str, kinds: Sequence[Kind], *, faults: int, every: float, first: int = 0
) -> Round:
    """One round; it depends on its arguments alone, so that it can be repeated without those before it."""
    chance = Random(f"{seed} {number} {farm}")
    dealt = _dealt(chance, kinds)
    made = []
    for place in range(faults):
        at = (place + UNSTEADY * chance.uniform(-1.0, 1.0) + UNSTEADY) * every
        made.append(_fault(chance, first + place, at, next(dealt), farm))
    return Round(seed, number, tuple(sorted(made, key=lambda fault: fault.at)))


def derive_plan(
    seed: int, farm: str, kinds: Sequence[Kind], *, faults: int, every: float, per_round: int
) -> tuple[Round, ...]:
    """Rounds with so many faults in all."""
    return tuple(
        derive_round(
            seed, number, farm, kinds, faults=min(per_round, faults - first), every=every, first=first
        )
        for number, first in enumerate(range(0, faults, per_round))
    )  # fmt: skip


def _dealt(chance: Random, kinds: Sequence[Kind]) -> Iterator[Kind]:
    """Kinds as from a shuffled pack, so that every kind comes before any comes often; the frequent are in it twice."""
    while True:
        pack = [*kinds, *(kind for kind in FREQUENT if kind in kinds)]
        chance.shuffle(pack)
        yield from pack


def _fault(chance: Random, number: int, at: float, kind: Kind, farm: str) -> Fault:
    target, amount = _aim(chance, kind, farm)
    return Fault(number, round(at, 2), kind, target, _seconds(chance, kind), amount)


def _seconds(chance: Random, kind: Kind) -> float:
    if kind in _AT_ONCE:
        return 0.0
    bounds = (LONG_SHORTEST, LONG_LONGEST) if kind is Kind.OTHER_VERSION else (SHORTEST, LONGEST)
    return round(chance.uniform(*bounds), 2)


_AT_ONCE = frozenset({Kind.KILLED, Kind.BROKER_EMPTIED, Kind.BROKER_RESTARTED, Kind.DATABASE_RESTARTED})


def _aim(chance: Random, kind: Kind, farm: str) -> tuple[str, float]:
    """Whom it hits, and how hard."""
    if kind is Kind.KILLED:
        return chance.choice((*WORKERS, *DISPATCHERS)), 0.0
    if kind is Kind.FROZEN:
        return chance.choice((*WORKERS, *DISPATCHERS, BROKER)), 0.0
    if kind in (Kind.PARTITIONED, Kind.CONNECTIONS_RESET):
        return chance.choice((*APART, "+".join(APART))), 0.0
    if kind is Kind.CLOCK_SET:
        machines = (DISPATCHER_MACHINE, *WORKERS) if farm == SERVERS else (DISPATCHER_MACHINE,)
        return chance.choice(machines), chance.choice(CLOCK_STEPS)
    if kind is Kind.OTHER_VERSION:
        return chance.choice(("", "elsewhere")), 0.0
    return "", round(chance.random(), 3)

"""A plan of faults, derived from a seed alone: the same seed always does the same to a farm."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from testing.chaos.kinds import FREQUENT, SERVERS, Kind

WORKERS = ("worker-1", "worker-2", "worker-3")
DISPATCHERS = ("desk", "studio")
BROKER = "redis"
#: Workers with a link of their own to the broker, which can be cut while the others' stays open.
APART = WORKERS[1:]
#: The machine of the dispatcher, whose clock can be set.
DISPATCHER_MACHINE = "dispatcher"
#: Seconds by which clocks are set: ten minutes forwards and back.
CLOCK_STEPS = (600.0, -600.0)
#: How long a fault lasts, at least and at most; the most is longer than a worker's silence until it counts as lost.
SHORTEST, LONGEST = 0.5, 6.0
#: The same for workers that have to start first.
LONG_SHORTEST, LONG_LONGEST = 5.0, 10.0
#: How early or late each fault may be, as a share of the pause between two faults.
UNSTEADY = 0.4


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault to be done to a farm."""

    number: int
    at: float
    """Seconds after the round's beginning."""
    kind: Kind
    target: str
    """The process, machine or links that it hits, or a new worker's tag; empty if there is no choice."""
    seconds: float
    """How long it lasts; 0 if it is over at once."""
    amount: float = 0.0
    """The seconds by which a clock is set; for other kinds a number for the fault's own choices."""


@dataclass(frozen=True, slots=True)
class Round:
    """The faults between two pauses in which the farm may settle."""

    seed: int
    number: int
    faults: tuple[Fault, ...]

    @property
    def is_empty(self) -> bool:
        """Whether it has no faults."""
        return not self.faults


def derive_round(
    seed: int, number: int, farm: str, kinds: Sequence[Kind], *, faults: int, every: float, first: int = 0
) -> Round:
    """One round; it depends only on the arguments, so that it can be repeated without the rounds before it."""
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
    """Rounds with this many faults in all."""
    return tuple(
        derive_round(
            seed, number, farm, kinds, faults=min(per_round, faults - first), every=every, first=first
        )
        for number, first in enumerate(range(0, faults, per_round))
    )  # fmt: skip


def _dealt(chance: Random, kinds: Sequence[Kind]) -> Iterator[Kind]:
    """Deal kinds from a shuffled pack, so that each comes before any repeats often; frequent ones are in it twice."""
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
    """The target and the amount of a fault."""
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

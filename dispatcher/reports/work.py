"""What somebody got done: atoms by outcome, audio, and how much of the time that took."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from storage.prices import NO_PRICES, Prices

_OUTCOMES = ("done", "cached", "late", "failed")

_HOUR = 3600.0

#: What stands for a capability of workers that were never introduced.
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to another."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasts; nothing if it ends before it starts."""
        return max(self.end - self.start, 0.0)

    def overlap(self, other: "Span") -> float:
        """Seconds that both have in common."""
        return Span(max(self.start, other.start), min(self.end, other.end)).seconds


@dataclass(frozen=True, slots=True)
class Life:
    """One run of a worker process."""

    worker: str
    capability: str
    span: Span


def present_by_worker(lives: Iterable[Life], window: Span) -> dict[str, float]:
    """Seconds of the window for which each worker was there, all its runs together."""
    present: dict[str, float] = defaultdict(float)
    for life in lives:
        present[life.worker] += life.span.overlap(window)
    return dict(present)


def present_by_capability(lives: Iterable[Life], window: Span) -> dict[str, float]:
    """The same for capabilities: seconds of all their workers together."""
    present: dict[str, float] = defaultdict(float)
    for life in lives:
        present[life.capability] += life.span.overlap(window)
    return dict(present)


@dataclass(frozen=True, slots=True)
class Portion:
    """One attempt, or the sum of attempts that ended the same way at the same place."""

    worker: str
    capability: str
    device: str
    engine: str
    voice: str
    outcome: str
    atoms: int
    audio_seconds: float
    busy_seconds: float
    peak_memory_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one worker, one capability or one voice."""

    name: str
    done: int
    cached: int
    late: int
    failed: int
    audio_seconds: float
    """What it converted itself, and was the first to."""
    busy_seconds: float
    """All its work, in vain or not."""
    realtime_factor: float | None
    present_seconds: float | None
    utilisation: float | None
    peak_memory_mb: float
    cost: float | None = None
    """What its working time cost, in vain or not, at the owner's prices; None if there are none."""

    @property
    def cost_per_hour(self) -> float | None:
        """What an hour of audio cost."""
        return self.cost * _HOUR / self.audio_seconds if self.cost is not None and self.audio_seconds else None


def sum_work(name: str, portions: Sequence[Portion], present: float | None = None, prices: Prices = NO_PRICES) -> Work:
    """Add portions up; `present` is for how long whoever did them was there."""
    atoms = {outcome: sum(p.atoms for p in portions if p.outcome == outcome) for outcome in _OUTCOMES}
    busy = sum(p.busy_seconds for p in portions)
    return Work(
        name=name,
        **atoms,
        audio_seconds=converted_audio(portions),
        busy_seconds=busy,
        realtime_factor=realtime_factor(portions),
        present_seconds=present,
        # Presence is known by heartbeats, two seconds apart, so that work may seem to reach beyond it.
        utilisation=min(busy / present, 1.0) if present else None,
        peak_memory_mb=max((p.peak_memory_mb for p in portions), default=0.0),
        cost=_cost(portions, prices),
    )


def _cost(portions: Sequence[Portion], prices: Prices) -> float | None:
    """The cost of all of them; None if that of one is not known, because a part of it would mislead."""
    costs = [prices.cost(class_of_worker(p.worker, p.capability), p.busy_seconds) for p in portions]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None


def class_of_worker(name: str, capability: str) -> str:
    """The class of machines that a worker belongs to, which its name begins with."""
    machine_class, dash, _ = name.partition("@")[0].rpartition("-")
    return machine_class if dash and machine_class.startswith(f"{capability}.") else capability


def converted_audio(portions: Iterable[Portion]) -> float:
    """Seconds of audio that were really converted: not found in the store, not done before by others."""
    return sum(p.audio_seconds for p in portions if p.outcome == "done")


def realtime_factor(portions: Sequence[Portion]) -> float | None:
    """Audio converted in a second of work; work that converted nothing new tells nothing of speed."""
    busy = sum(p.busy_seconds for p in portions if p.outcome == "done")
    return converted_audio(portions) / busy if busy > 0.0 else None


def by_worker(
    portions: Sequence[Portion], lives: Iterable[Life], window: Span, prices: Prices = NO_PRICES
) -> tuple[Work, ...]:
    """One entry a worker, also for those that were there and did nothing."""
    return _grouped(portions, lambda p: p.worker, present_by_worker(lives, window), prices)


def by_capability(
    portions: Sequence[Portion], lives: Iterable[Life], window: Span, prices: Prices = NO_PRICES
) -> tuple[Work, ...]:
    """One entry a capability."""
    return _grouped(portions, lambda p: p.capability or UNKNOWN, present_by_capability(lives, window), prices)


def by_voice(portions: Sequence[Portion], prices: Prices = NO_PRICES) -> tuple[Work, ...]:
    """One entry a voice with its engine; nobody is present as a voice."""
    return _grouped(portions, lambda p: f"{p.voice} ({p.engine})", {}, prices)


def _grouped(
    portions: Sequence[Portion], key: Callable[[Portion], str], present: Mapping[str, float], prices: Prices
) -> tuple[Work, ...]:
    groups: dict[str, list[Portion]] = defaultdict(list)
    for portion in portions:
        groups[key(portion)].append(portion)
    there = {name for name, seconds in present.items() if seconds > 0.0}
    names = sorted(groups.keys() | there)
    return tuple(sum_work(name, groups.get(name, []), present.get(name), prices) for name in names)

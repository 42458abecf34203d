"""The same portions by worker, by capability, by voice."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from dispatcher.reports.presence import Life, Span, present_by_capability, present_by_worker
from dispatcher.reports.work import Portion, Work, sum_work

#: What stands for a capability of workers that were never introduced.
UNKNOWN = "unknown"


def by_worker(portions: Sequence[Portion], lives: Iterable[Life], window: Span) -> tuple[Work, ...]:
    """One entry a worker, also for those that were there and did nothing."""
    return _grouped(portions, lambda p: p.worker, present_by_worker(lives, window))


def by_capability(portions: Sequence[Portion], lives: Iterable[Life], window: Span) -> tuple[Work, ...]:
    """One entry a capability."""
    return _grouped(portions, lambda p: p.capability or UNKNOWN, present_by_capability(lives, window))


def by_voice(portions: Sequence[Portion]) -> tuple[Work, ...]:
    """One entry a voice with its engine; nobody is present as a voice."""
    return _grouped(portions, lambda p: f"{p.voice} ({p.engine})", {})


def _grouped(
    portions: Sequence[Portion], key: Callable[[Portion], str], present: Mapping[str, float]
) -> tuple[Work, ...]:
    groups: dict[str, list[Portion]] = defaultdict(list)
    for portion in portions:
        groups[key(portion)].append(portion)
    there = {name for name, seconds in present.items() if seconds > 0.0}
    return tuple(sum_work(name, groups.get(name, []), present.get(name)) for name in sorted(groups.keys() | there))

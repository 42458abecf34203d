"""What somebody got done: atoms by outcome, audio, and how much of the time that took."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


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


def sum_work(name: str, portions: Sequence[Portion], present: float | None = None) -> Work:
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
    )


def converted_audio(portions: Iterable[Portion]) -> float:
    """Seconds of audio that were really converted: not found in the store, not done before by others."""
    return sum(p.audio_seconds for p in portions if p.outcome == "done")


def realtime_factor(portions: Sequence[Portion]) -> float | None:
    """Audio converted in a second of work; work that converted nothing new tells nothing of speed."""
    busy = sum(p.busy_seconds for p in portions if p.outcome == "done")
    return converted_audio(portions) / busy if busy > 0.0 else None


_OUTCOMES = ("done", "cached", "late", "failed")

"""How near a job's conversion came to what its workers could do."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatcher.reports.work import Span, Work


@dataclass(frozen=True, slots=True)
class Pace:
    """From the first lease taken to the last atom done."""

    seconds: float
    audio_seconds: float
    ideal_seconds: float | None
    """What it takes if every worker converts at its own speed for as long as it is there."""
    over_ideal: float | None


def pace_of(window: Span, workers: Sequence[Work]) -> Pace:
    """Compare the time that it took with the ideal; a worker there for half of it counts as half a worker."""
    seconds, audio = window.seconds, sum(w.audio_seconds for w in workers)
    speed = sum(
        (w.realtime_factor or 0.0) * min((w.present_seconds or 0.0) / seconds, 1.0) for w in workers if seconds > 0.0
    )
    ideal = audio / speed if speed > 0.0 else None
    return Pace(seconds, audio, ideal, seconds / ideal if ideal else None)

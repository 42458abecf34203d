"""How fast a class of machines is, learned from what it does."""

from dataclasses import dataclass
from math import isfinite

#: Half of what is known is forgotten after this many seconds of work, so that a throttled machine is noticed soon.
HALF_LIFE = 60.0
#: Realtime factor that no machine reaches: ten times the fastest that anybody has published. What is beyond it is a
#: mistake or a lie, and would leave nothing for other machines.
FASTEST = 10_000.0


@dataclass(frozen=True, slots=True)
class Speed:
    """Audio seconds done in seconds of a machine's own time, the past fading out."""

    audio: float = 0.0
    busy: float = 0.0

    @property
    def factor(self) -> float:
        """The realtime factor."""
        return self.audio / self.busy

    def sound(self) -> "Speed":
        """The same, or nothing known where it cannot be: what lies in the records may be from anybody."""
        possible = isfinite(self.audio) and isfinite(self.busy) and self.audio > 0.0 < self.busy
        return self if possible and self.factor <= 1.01 * FASTEST else Speed()

    def after(self, audio: float, busy: float) -> "Speed":
        """The speed once this much more was done; what took no time teaches nothing."""
        if audio <= 0.0 or busy <= 0.0:
            return self
        keep = 0.5 ** (busy / HALF_LIFE)
        return Speed(self.audio * keep + audio, self.busy * keep + busy)

"""How fast a class of machines is, learned from its work."""

from dataclasses import dataclass
from math import isfinite

#: Half of what is known is forgotten after this many seconds of work, so that a throttled machine is noticed soon.
HALF_LIFE = 60.0
#: A realtime factor that no machine reaches: ten times the fastest ever published. Anything beyond is a
#: mistake or a lie, and would leave nothing for other machines.
FASTEST = 10_000.0
#: Seconds of work that one report counts for at most. Whatever was stuck for longer would otherwise be remembered for
#: longer: of a machine at 1,000 times realtime, a minute and a half of compiling after 17 hours of audio.
MOST_AT_ONCE = HALF_LIFE / 4.0


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds of audio done in seconds of a machine's own time; the past fades out."""

    audio: float = 0.0
    busy: float = 0.0

    @property
    def factor(self) -> float:
        """The realtime factor."""
        return self.audio / self.busy

    def sound(self) -> "Speed":
        """The same, or nothing known if it is impossible: records may have been written by anybody."""
        possible = isfinite(self.audio) and isfinite(self.busy) and self.audio > 0.0 < self.busy
        return self if possible and self.factor <= 1.01 * FASTEST else Speed()

    def after(self, audio: float, busy: float) -> "Speed":
        """The speed after this much more work; what took no time teaches nothing."""
        if audio <= 0.0 or busy <= 0.0:
            return self
        share = min(MOST_AT_ONCE / busy, 1.0)
        audio, busy = audio * share, busy * share
        keep = 0.5 ** (busy / HALF_LIFE)
        return Speed(self.audio * keep + audio, self.busy * keep + busy)

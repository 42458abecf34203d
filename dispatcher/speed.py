"""How fast a class of machines is, learned from what it does."""

from dataclasses import dataclass

#: Half of what is known is forgotten after this many seconds of work, so that a throttled machine is noticed soon.
HALF_LIFE = 60.0


@dataclass(frozen=True, slots=True)
class Speed:
    """Audio seconds done in seconds of a machine's own time, the past fading out."""

    audio: float = 0.0
    busy: float = 0.0

    @property
    def factor(self) -> float:
        """The realtime factor."""
        return self.audio / self.busy

    def after(self, audio: float, busy: float) -> "Speed":
        """The speed once this much more was done; what took no time teaches nothing."""
        if audio <= 0.0 or busy <= 0.0:
            return self
        keep = 0.5 ** (busy / HALF_LIFE)
        return Speed(self.audio * keep + audio, self.busy * keep + busy)

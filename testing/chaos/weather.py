"""What a network link does to the bytes that pass through it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Weather:
    """Fair unless a field says otherwise; compared by identity, so that each can be lifted by itself."""

    held: bool = False
    """Nothing passes, but connections stay open; everything that was sent arrives afterwards."""
    refused: bool = False
    """Open connections and new ones are reset."""
    delay: float = 0.0
    """Seconds by which every piece is delayed."""
    cut_after: int | None = None
    """Bytes of an answer that pass before its connection is reset."""
    status: int | None = None
    """The status with which every request is answered."""
    mute: bool = False
    """Requests are accepted but not answered."""
    forgetful: bool = False
    """Accepted requests stay unanswered even when the weather clears, and their connections stay open."""

    @property
    def breaks_connections(self) -> bool:
        """Whether existing connections must be broken."""
        return self.refused or self.mute or self.cut_after is not None or self.status is not None


FAIR = Weather()

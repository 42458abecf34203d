"""What a network link does to the bytes that pass it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Weather:
    """Fair unless a field says otherwise; two alike are not the same, so that each can be lifted by itself."""

    held: bool = False
    """Nothing passes, but connections stay; all that was sent arrives afterwards."""
    refused: bool = False
    """Connections are reset, and new ones too."""
    delay: float = 0.0
    """Seconds by which every piece is late."""
    cut_after: int | None = None
    """Bytes of an answer that pass before its connection is reset."""
    status: int | None = None
    """Every request is answered with this."""
    mute: bool = False
    """Requests are taken and not answered."""
    forgetful: bool = False
    """What was taken is not answered even when it clears, and whoever asked is not told."""

    @property
    def breaks_connections(self) -> bool:
        """Whether connections from before must not live on."""
        return self.refused or self.mute or self.cut_after is not None or self.status is not None


FAIR = Weather()

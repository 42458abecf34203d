"""What every decoder offers to the readers above it."""

from collections.abc import Iterator
from typing import Protocol

from storage.audio.blocks import Frames
from storage.audio.facts import SourceFacts


class Decoder(Protocol):
    """An opened recording."""

    @property
    def facts(self) -> SourceFacts:
        """What its header says."""

    def pieces(self) -> Iterator[Frames]:
        """All of its frames in order, in pieces that are valid until the next one is asked for."""

    def close(self) -> None:
        """Close the decoder; the file stays open."""

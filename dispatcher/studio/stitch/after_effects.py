"""The effects that a result goes through, which hear all of it from its beginning, at its own rate."""

from collections.abc import Callable, Iterator

from storage.audio.blocks import Frames, Mono
from storage.records.schema import JobRecord
from workers.effects.chaining import applied, settled
from workers.effects.effect import Shape
from workers.effects.grammar import read_chain

#: The result without its effects, from its beginning each time: the voice's channels side by side.
Joined = Callable[[], Iterator[Mono | Frames]]


class AfterEffects:
    """A result's chain of effects, which may hear it several times before it changes anything."""

    def __init__(self, job: JobRecord, channels: int, joined: Joined) -> None:
        self._shape = Shape(job.rate_out, channels)
        self._joined = joined
        self._chain = settled(read_chain(job.effects_after), self._pieces, self._shape)

    def blocks(self) -> Iterator[Mono | Frames]:
        """The result with its effects."""
        for frames in applied(self._chain, self._pieces(), self._shape):
            yield frames[:, 0] if frames.shape[1] == 1 else frames

    def _pieces(self) -> Iterator[Frames]:
        for piece in self._joined():
            yield piece.reshape(len(piece), self._shape.channels)

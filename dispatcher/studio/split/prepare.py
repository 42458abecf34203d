"""From a recording to the samples that an engine wants: mono, after its effects, at its rate, without rumble, as a
stream.
"""

from collections.abc import Iterator

from storage.audio.highpass import ZeroPhaseHighPass
from storage.audio.read import Source
from storage.audio.resample import StreamResampler
from workers.effects.chaining import applied
from workers.effects.effect import Chain, Shape
from workers.engines.samples import Samples

NO_EFFECTS = Chain()


class Prepared:
    """Iterates over prepared blocks and counts the frames that were read."""

    def __init__(self, source: Source, rate: int, effects: Chain = NO_EFFECTS) -> None:
        self.source = source
        self.rate = rate
        self.effects = effects
        self.frames = 0

    def blocks(self) -> Iterator[Samples]:
        """Blocks of any length; their sum is exactly the resampled length."""
        resampler = StreamResampler(self.source.facts.rate, self.rate)
        highpass = ZeroPhaseHighPass(self.rate)
        for block in self._after_effects():
            yield highpass.push(resampler.push(block))
        yield highpass.push(resampler.finish())
        yield highpass.finish()

    def _after_effects(self) -> Iterator[Samples]:
        """The recording at its own rate, where effects know best what they do."""
        if not self.effects:
            yield from self._counted()
            return
        pieces = (block[:, None] for block in self._counted())
        for frames in applied(self.effects, pieces, Shape(self.source.facts.rate, 1)):
            yield frames[:, 0]

    def _counted(self) -> Iterator[Samples]:
        for block in self.source.blocks():
            self.frames += len(block)
            yield block

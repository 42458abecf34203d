"""From a recording to the samples that an engine wants: mono, at its rate, without rumble, as a stream."""

from collections.abc import Iterator

from storage.audio.highpass import ZeroPhaseHighPass
from storage.audio.read import Source
from storage.audio.resample import StreamResampler
from workers.engines.samples import Samples


class Prepared:
    """Iterates over prepared blocks and counts the frames that were read."""

    def __init__(self, source: Source, rate: int) -> None:
        self.source = source
        self.rate = rate
        self.frames = 0

    def blocks(self) -> Iterator[Samples]:
        """Blocks of any length; their sum is exactly the resampled length."""
        resampler = StreamResampler(self.source.facts.rate, self.rate)
        highpass = ZeroPhaseHighPass(self.rate)
        for block in self.source.blocks():
            self.frames += len(block)
            yield highpass.push(resampler.push(block))
        yield highpass.push(resampler.finish())
        yield highpass.finish()

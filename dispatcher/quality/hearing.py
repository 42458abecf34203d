"""Hears a recording once from beginning to end, by all ears at a time; some 40 MB are kept of an hour."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dispatcher.quality.clicks import Click, ClickFinder
from dispatcher.quality.envelope import EnvelopeEar
from dispatcher.quality.loudness import Loudness, LoudnessMeter
from dispatcher.quality.mel import RATE, Floats
from dispatcher.quality.naturalness import WINDOW, Listener, Opinion
from dispatcher.quality.pitch import Pitch, PitchFinder
from dispatcher.quality.speaker import SpeakerNet
from storage.audio.blocks import EqualBlocks, Mono
from storage.audio.mix import mean_of_channels
from storage.audio.read import open_source
from storage.audio.resample import StreamResampler, resampled

#: Stretches that the nets hear of a long recording at the most, spread over all of it: two and a half minutes.
_STRETCHES = 16


@dataclass(frozen=True, slots=True)
class Nets:
    """The nets that are there."""

    speaker: SpeakerNet | None
    listener: Listener | None


@dataclass(frozen=True, slots=True)
class Heard:
    """All that is heard of one recording."""

    seconds: float
    samples: int
    rate: int
    channels: int
    pitch: Pitch
    bands: Floats
    loudness: Loudness
    clicks: list[Click]
    direction: Floats | None
    """Whose voice it is, as a direction."""
    opinion: Opinion | None


def hear(path: Path, nets: Nets) -> Heard:
    """Hear a recording."""
    with open_source(path, path.name) as source:
        ears = _Ears(source.facts.rate, source.facts.channels)
        for frames in source.frames():
            ears.push(frames)
    return ears.heard(nets)


def hear_voice(path: Path, speaker: SpeakerNet | None) -> Floats | None:
    """Whose voice a recording is; None without a net, or if nothing is said."""
    if speaker is None:
        return None
    chosen = _Chosen()
    with open_source(path, path.name) as source:
        for samples in resampled(source.blocks(), source.facts.rate, RATE):
            chosen.push(samples)
    return speaker.direction(chosen.finish())


class _Ears:
    """Everything that listens."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate, self.channels = rate, channels
        self.samples = 0
        self.to_16k = StreamResampler(rate, RATE)
        self.pitch, self.envelope = PitchFinder(), EnvelopeEar()
        self.loudness, self.clicks = LoudnessMeter(rate, channels), ClickFinder(rate)
        self.chosen = _Chosen()

    def push(self, frames: Mono) -> None:
        """A piece of all channels."""
        self.samples += len(frames)
        mono = mean_of_channels(frames)
        self.loudness.push(frames)
        self.clicks.push(mono)
        self._push_16k(self.to_16k.push(mono))

    def _push_16k(self, samples: Mono) -> None:
        for ear in (self.chosen, self.pitch, self.envelope):
            ear.push(samples)

    def heard(self, nets: Nets) -> Heard:
        """What all of them say."""
        self._push_16k(self.to_16k.finish())
        windows = self.chosen.finish()
        return Heard(
            seconds=self.samples / self.rate,
            samples=self.samples,
            rate=self.rate,
            channels=self.channels,
            pitch=self.pitch.finish(),
            bands=self.envelope.finish(),
            loudness=self.loudness.finish(),
            clicks=self.clicks.finish(),
            direction=nets.speaker.direction(windows) if nets.speaker else None,
            opinion=nets.listener.opinion(windows) if nets.listener else None,
        )


class _Chosen:
    """Stretches of 9 s; of a long recording every second, every fourth and so on, so that there are never too many."""

    def __init__(self) -> None:
        self.every = 1
        self.blocks = EqualBlocks(WINDOW)
        self.number = 0
        self.kept: list[Mono] = []

    def push(self, samples: Mono) -> None:
        """More of it."""
        for block in self.blocks.push(samples):
            if self.number % self.every == 0:
                self.kept.append(block)
            self.number += 1
            if len(self.kept) > _STRETCHES:
                self.kept, self.every = self.kept[::2], 2 * self.every

    def finish(self) -> list[Mono]:
        """All of them; what is shorter than one is repeated until it fills it."""
        rest = self.blocks.rest()
        if not self.kept and len(rest):
            self.kept.append(np.resize(rest, WINDOW))
        return self.kept

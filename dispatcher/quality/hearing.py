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
from dispatcher.quality.stretches import Chooser, Stretches
from storage.audio.blocks import EqualBlocks, Frames, Mono
from storage.audio.mix import mean_of_channels
from storage.audio.read import open_source
from storage.audio.resample import StreamResampler, resampled
from storage.audio.source_file import BinarySource

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


@dataclass(frozen=True, slots=True)
class Recording:
    """What is to be heard."""

    file: Path | BinarySource
    name: str
    channel: int | None = None
    """The one channel that is heard, from 1 on; else all of them."""
    track: int = 0
    allow_truncated: bool = False

    @classmethod
    def at(cls, path: Path) -> "Recording":
        """A file, heard whole."""
        return cls(path, path.name)


def hear(recording: Recording, nets: Nets, stretches: Stretches | None = None) -> Heard:
    """Hear a recording, from beginning to end or in stretches alone."""
    opened = open_source(
        recording.file, recording.name, allow_truncated=recording.allow_truncated, track=recording.track
    )
    with opened as source:
        facts = source.facts
        ears = _Ears(facts.rate, facts.channels if recording.channel is None else 1)
        chooser = None if stretches is None else Chooser(stretches, facts.rate)
        samples = 0
        for frames in source.frames():
            samples += len(frames)
            wanted = frames if recording.channel is None else frames[:, recording.channel - 1 :][:, :1]
            for part in (wanted,) if chooser is None else chooser.chosen(wanted):
                ears.push(part)
    return ears.heard(nets, samples)


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
        self.to_16k = StreamResampler(rate, RATE)
        self.pitch, self.envelope = PitchFinder(), EnvelopeEar()
        self.loudness, self.clicks = LoudnessMeter(rate, channels), ClickFinder(rate)
        self.chosen = _Chosen()

    def push(self, frames: Frames) -> None:
        """A piece of all channels."""
        mono = mean_of_channels(frames)
        self.loudness.push(frames)
        self.clicks.push(mono)
        self._push_16k(self.to_16k.push(mono))

    def _push_16k(self, samples: Mono) -> None:
        for ear in (self.chosen, self.pitch, self.envelope):
            ear.push(samples)

    def heard(self, nets: Nets, samples: int) -> Heard:
        """What all of them say of a recording that has so many samples in all."""
        self._push_16k(self.to_16k.finish())
        windows = self.chosen.finish()
        return Heard(
            seconds=samples / self.rate,
            samples=samples,
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

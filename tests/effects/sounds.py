"""Sounds that effects are tried on, and all effects with settings that somebody would choose."""

from collections.abc import Iterator, Sequence

import numpy as np

from storage.audio.blocks import Frames
from workers.effects.chaining import applied, settled
from workers.effects.effect import Chain, Shape
from workers.effects.grammar import read_chain

RATE = 16_000
MONO, STEREO = Shape(RATE, 1), Shape(RATE, 2)

#: Every effect at least once; a test compares them with the catalogue.
WRITTEN = (
    "highpass 80", "highpass 300 order=5", "lowpass 4k", "lowpass 20k", "bandpass 300 3.4k order=4", "bandstop 50",
    "eq 3k +4 q=2", "lowshelf 200 -6", "highshelf 5k 3", "tilt 6", "remove-dc", "gain -6", "fade begin=0.2 end=0.5",
    "peak -1", "loudness -20", "reduce-noise 12", "gate -40", "deess 8 -40", "compress -24", "limit -9",
    "delay 0.12", "reverb 0.4", "pitch 3", "stretch 1.3", "resample 11025", "mono",
)  # fmt: skip


def talk(seconds: float, shape: Shape = STEREO, seed: int = 0) -> Frames:
    """Syllables with pauses between them over a little noise: each channel another voice."""
    at = np.arange(round(seconds * shape.rate)) / shape.rate
    rng = np.random.default_rng(seed)
    columns = []
    for channel in range(shape.channels):
        pitch = 110.0 * (1 + channel) * (1 + 0.02 * np.sin(2 * np.pi * 5 * at))
        phase = 2 * np.pi * np.cumsum(pitch) / shape.rate
        voice = sum(np.sin(number * phase) / number for number in range(1, 12))
        loud = np.clip(np.sin(2 * np.pi * (1.5 + channel) * at), 0, 1) ** 2
        columns.append(0.25 * voice * loud + 0.002 * rng.standard_normal(len(at)))
    return np.stack(columns, axis=1).astype(np.float32)


def cut(frames: Frames, lengths: Sequence[int]) -> Iterator[Frames]:
    """The frames in pieces of these lengths, again and again."""
    start = number = 0
    while start < len(frames):
        length = lengths[number % len(lengths)]
        yield frames[start : start + length]
        start, number = start + length, number + 1


def heard(chain: Chain | str, frames: Frames, rate: int = RATE, lengths: Sequence[int] = (4096,)) -> Frames:
    """What becomes of a sound that is handed in by pieces of these lengths."""
    wanted = read_chain(chain) if isinstance(chain, str) else chain
    shape = Shape(rate, frames.shape[1])
    ready = settled(wanted, lambda: cut(frames, lengths), shape)
    return np.concatenate(list(applied(ready, cut(frames, lengths), shape)))


def decibels(samples: Frames) -> float:
    """The power of some samples."""
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


def sine(hertz: float, seconds: float, rate: int = RATE, height: float = 0.25) -> Frames:
    """A tone of one channel."""
    at = np.arange(round(seconds * rate)) / rate
    return (height * np.sin(2 * np.pi * hertz * at)).astype(np.float32)[:, None]

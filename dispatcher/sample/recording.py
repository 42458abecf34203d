"""A recording of a voice that sings and speaks by turns, with its pitch known: the sample that voicefarm writes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatcher.sample.song import sung_phrase
from dispatcher.sample.speech import spoken_phrase
from dispatcher.sample.tracks import FRAMES_PER_SECOND, track
from dispatcher.sample.voice import voiced_samples
from storage.errors import InputError

#: Seconds of singing before the voice speaks, and of speech before it sings.
_TURN = 20.0

#: Hertz: below, the formants do not fit; above, nobody records.
_RATES = (16_000, 192_000)


@dataclass(frozen=True, slots=True)
class Block:
    """A phrase and the pause after it: samples, and the pitch in hertz every 10 ms from its first sample on."""

    samples: npt.NDArray[np.float32]
    f0: npt.NDArray[np.float64]


def generate(seconds: float, rate: int, seed: int) -> Iterator[Block]:
    """The recording phrase by phrase, `round(seconds * rate)` samples in all; the last phrase is cut off."""
    if not _RATES[0] <= rate <= _RATES[1] or rate % FRAMES_PER_SECOND:
        raise InputError(
            f"A sample cannot have {rate} Hz; give a multiple of {FRAMES_PER_SECOND} from 16000 to 192000."
        )
    if not 0.0 < seconds < float("inf"):
        raise InputError(f"A sample cannot be {seconds} seconds long; give a number above zero.")
    return _blocks(round(seconds * rate), rate, seed)


def _blocks(remaining: int, rate: int, seed: int) -> Iterator[Block]:
    hop = rate // FRAMES_PER_SECOND
    index, turn = 0, 0.0
    while remaining > 0:
        block = _phrase(index, rate, seed, sung=turn < _TURN)
        kept = min(remaining, len(block.samples))
        yield Block(block.samples[:kept], block.f0[: -(-kept // hop)])
        remaining -= kept
        index += 1
        turn = (turn + len(block.samples) / rate) % (2.0 * _TURN)


def _phrase(index: int, rate: int, seed: int, *, sung: bool) -> Block:
    """Phrases depend on their number alone, never on what came before."""
    random = np.random.Generator(np.random.Philox(key=np.array([seed, index], np.uint64)))
    tracks = track(sung_phrase(random) if sung else spoken_phrase(random))
    return Block(voiced_samples(tracks, rate, random), tracks.pitch)

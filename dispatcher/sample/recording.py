"""A recording of a voice that sings and speaks by turns, with its pitch known: the sample that voicefarm writes."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt
import soundfile

from dispatcher.sample.phrases import spoken_phrase, sung_phrase
from dispatcher.sample.tracks import FRAMES_PER_SECOND, track
from dispatcher.sample.voice import voiced_samples
from storage.errors import InputError

#: Seconds of singing before the voice speaks, and of speech before it sings.
_TURN = 20.0

#: Hertz: below, the formants do not fit; above, nobody records.
_RATES = (16_000, 192_000)

#: Formats by ending. RF64 is a WAV file that may pass 4 GiB and that readers take for WAV.
_FORMATS = {".wav": "WAV", ".flac": "FLAC"}

#: Bytes: where a WAV file's 32-bit length ends, less room for its header.
_LONGEST_WAV = (1 << 32) - (1 << 16)


@dataclass(frozen=True, slots=True)
class Block:
    """A phrase and the pause after it: samples, and the pitch in hertz every 10 ms from its first sample on."""

    samples: npt.NDArray[np.float32]
    f0: npt.NDArray[np.float64]


def generate(seconds: float, rate: int, seed: int) -> Iterator[Block]:
    """The recording phrase by phrase, `round(seconds * rate)` samples in all; the last phrase is cut off."""
    if not _RATES[0] <= rate <= _RATES[1] or rate % FRAMES_PER_SECOND:
        raise InputError(f"a sample cannot have {rate} Hz; give a multiple of {FRAMES_PER_SECOND} from 16000 to 192000")
    if not 0.0 < seconds < float("inf"):
        raise InputError(f"a sample cannot be {seconds} seconds long; give a number above zero")
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


def write_sample(path: Path, seconds: float, rate: int = 44_100, seed: int = 1, pitch_csv: Path | None = None) -> None:
    """Write `seconds` of the sample as 16-bit WAV or FLAC, and its pitch as `seconds,hz` rows, phrase by phrase."""
    blocks = generate(seconds, rate, seed)
    kind = _format(path, round(seconds * rate) * 2)
    try:
        with soundfile.SoundFile(path, "w", rate, 1, "PCM_16", format=kind) as audio, _opened(pitch_csv) as table:
            _write(blocks, audio, table)
    except (OSError, soundfile.LibsndfileError) as problem:
        raise InputError(f"the sample cannot be written to {path} ({problem}); choose another place") from problem


def _format(path: Path, size: int) -> str:
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"a sample is written as .wav or .flac, not as {path.name!r}; give it one of these endings")
    return "RF64" if kind == "WAV" and size > _LONGEST_WAV else kind


@contextlib.contextmanager
def _opened(pitch_csv: Path | None) -> Iterator[TextIO | None]:
    if pitch_csv is None:
        yield None
        return
    with pitch_csv.open("w", encoding="utf-8") as table:
        table.write("seconds,hz\n")
        yield table


def _write(blocks: Iterator[Block], audio: soundfile.SoundFile, table: TextIO | None) -> None:
    frame = 0
    for block in blocks:
        audio.write(block.samples)
        if table is not None:
            table.writelines(
                f"{(frame + place) / FRAMES_PER_SECOND:.2f},{hz:.3f}\n" for place, hz in enumerate(block.f0)
            )
        frame += len(block.f0)

"""Writing the sample to a file, with its pitch beside it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import soundfile

from dispatcher.sample.recording import Block, generate
from dispatcher.sample.tracks import FRAMES_PER_SECOND
from storage.errors import InputError

#: Formats by ending. RF64 is a WAV file that may pass 4 GiB and that readers take for WAV.
_FORMATS = {".wav": "WAV", ".flac": "FLAC"}

#: Bytes: where a WAV file's 32-bit length ends, less room for its header.
_LONGEST_WAV = (1 << 32) - (1 << 16)


def write_sample(path: Path, seconds: float, rate: int = 44_100, seed: int = 1, pitch_csv: Path | None = None) -> None:
    """Write `seconds` of the sample as 16-bit WAV or FLAC, and its pitch as `seconds,hz` rows, phrase by phrase."""
    blocks = generate(seconds, rate, seed)
    kind = _format(path, round(seconds * rate) * 2)
    try:
        with soundfile.SoundFile(path, "w", rate, 1, "PCM_16", format=kind) as audio, _opened(pitch_csv) as table:
            _write(blocks, audio, table)
    except (OSError, soundfile.LibsndfileError) as problem:
        raise InputError(f"The sample cannot be written to {path}: {problem}.") from problem


def _format(path: Path, size: int) -> str:
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"A sample is written as .wav or .flac, not as {path.name!r}.")
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

"""Carries what recordings hold into results that are written here, as a stitch does."""

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np

from storage.audio.formats import writable_rate
from storage.audio.read import open_source, probe
from storage.audio.write import Labels, open_result
from storage.extras.extras import Extras, Step
from storage.extras.reading import read_extras
from storage.extras.writing import write_extras
from testing.sounds import Samples, tone

FORMATS = ("wav", "flac", "mp3", "ogg", "opus", "m4a")


def plain(folder: Path, format_: str, rate: int, seconds: float = 1.0) -> Path:
    """A result without anything beside its sound."""
    path = folder / f"result.{format_}"
    path.unlink(missing_ok=True)
    frames = round(seconds * rate)
    with open_result(path, rate=rate, format=format_, frames=frames, labels=Labels("A title", "Ada")) as result:
        result.write(tone(frames, rate))
    return path


def carried(content: bytes, folder: Path, format_: str, rate: int = 48_000, *, seconds: float = 1.0) -> Path:
    """A result with what this recording holds."""
    rate_in = probe(BytesIO(content), "x").rate
    rate = writable_rate(format_, rate)
    path = plain(folder, format_, rate, seconds)
    put(path, read_extras(BytesIO(content), "x"), Step(rate_in, rate, 1, "16"), Fraction(round(seconds * rate), rate))
    return path


def put(path: Path, extras: Extras, step: Step, seconds: Fraction = Fraction(1)) -> None:
    write_extras(path, path.suffix[1:], {"title": "A title", "artist": "Ada"}, extras, step, seconds)


def sound_of(path: Path) -> Samples:
    with open_source(path, path.name) as source:
        return np.concatenate(list(source.blocks()))

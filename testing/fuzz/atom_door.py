"""Atoms as the object store may hold them: damaged, exchanged or made by somebody else."""

import re
import struct
import zlib
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import soundfile

from storage.audio import atomfile
from storage.errors import AudioError
from testing.fuzz.damage import damaged
from testing.fuzz.door import Door, Seeds

RATE = 16_000
#: Samples in each seed; whatever is read must have as many, or be refused.
_LENGTHS = {"short": 1, "odd": 1_234, "usual": 8_000, "quiet": 400_000}


def seeds() -> dict[str, bytes]:
    """Atoms of several lengths; the longest is silence, which FLAC compresses to next to nothing."""
    random = np.random.default_rng(5)
    made = {}
    for name, length in _LENGTHS.items():
        loudness = {"odd": 40.0, "quiet": 0.0}.get(name, 0.2)
        made[name] = atomfile.encode((random.standard_normal(length) * loudness).astype(np.float32), RATE)
    return made


def make(random: Random, seeds: Seeds) -> bytes:
    """A damaged atom, or intact FLAC with another line in it."""
    content = seeds[random.choice(list(seeds))]
    return _retold(content, random) if random.random() < 0.4 else damaged(content, random, list(seeds.values()))


def read(content: bytes, folder: Path) -> object:
    """Its samples, which must all be finite; damage that slips through would be heard."""
    samples, rate = atomfile.decode(content)
    assert np.isfinite(samples).all()
    assert len(samples) > 0
    assert rate > 0
    return samples


def _retold(content: bytes, random: Random) -> bytes:
    """The same samples with a line that states other numbers or none, half of the time with a matching sum."""
    with soundfile.SoundFile(BytesIO(content)) as sound:
        values, line = sound.read(dtype="int32"), sound.comment
    line = _other_line(line, random)
    if random.random() < 0.5:
        line = _with_sum(line, values)
    out = BytesIO()
    with soundfile.SoundFile(out, "w", RATE, 1, format="FLAC", subtype="PCM_24") as sound:
        sound.comment = line
        sound.write(values)
    return out.getvalue()


def _other_line(line: str, random: Random) -> str:
    words = line.split(" ")
    at = random.randrange(len(words))
    name, equals, _ = words[at].partition("=")
    number = random.choice(
        ("0", "1", "-1", "63", "64", "200", "2000", "4294967296", "9" * 30, "9" * 5_000, "", "x", "٣")
    )
    words[at] = name + equals + number
    return " ".join(words)


def _with_sum(line: str, values: npt.NDArray[np.int32]) -> str:
    numbers = [int(number) for number in re.findall(r"=(\d{1,9}) ", line)]
    if len(numbers) != 3:
        return line
    head = struct.pack("<III", numbers[0], len(values), numbers[2])
    return f"{line.rpartition('=')[0]}={zlib.crc32(head, zlib.crc32(values.tobytes())):08x}"


DOOR = Door("atoms", seeds, make, read, AudioError)

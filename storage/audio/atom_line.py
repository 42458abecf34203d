"""The line that every atom carries: its rate and length, how its samples are scaled, what they must decode to."""

import re
import struct
import zlib
from dataclasses import dataclass

import numpy as np

from storage.audio.facts import HIGHEST_RATE

#: Frames of the longest atom: ten minutes at the highest rate. Atoms last half a minute; a header that claims more than
#: this is wrong, and believing it would cost gigabytes.
MOST_FRAMES = 600 * HIGHEST_RATE
#: The largest power of two that samples are scaled by: full scale times two to the 128th no longer fits a float32.
LARGEST_EXPONENT = 127
#: How every line begins.
BEGINNING = "voicefarm atom "
_LINE = re.compile(
    BEGINNING + r"rate=([0-9]{1,7}) frames=([0-9]{1,10}) exponent=([0-9]{1,3}) check=([0-9a-f]{8})"
    r"(?: key=([0-9a-f]{8}))?"
)


class Damage(Exception):
    """Why an atom cannot be used."""


@dataclass(frozen=True, slots=True)
class AtomLine:
    """What the line says."""

    rate: int
    frames: int
    exponent: int
    check: int
    #: Mark of the key that it was stored under; None in older atoms.
    mark: str | None

    @classmethod
    def of(cls, crc: int, rate: int, frames: int, exponent: int, key: str) -> "AtomLine":
        """The line of an atom whose samples add up to this."""
        return cls(rate, frames, exponent, _closed(crc, rate, frames, exponent), _mark(key) if key else None)

    @classmethod
    def read(cls, text: str) -> "AtomLine":
        """The line as it was written."""
        found = _LINE.fullmatch(text)
        if found is None:
            raise Damage("the comment line that every atom carries is missing or garbled")
        line = cls(int(found[1]), int(found[2]), int(found[3]), int(found[4], 16), found[5])
        if line.frames > MOST_FRAMES or line.exponent > LARGEST_EXPONENT:
            raise Damage("its header claims a length or a scale that no atom has")
        return line

    def __str__(self) -> str:
        """The line as it is written."""
        said = f"rate={self.rate} frames={self.frames} exponent={self.exponent} check={self.check:08x}"
        return BEGINNING + (f"{said} key={self.mark}" if self.mark else said)

    @property
    def scale(self) -> np.float32:
        """What a sample's whole number, in the upper bits of 32, is multiplied by."""
        return np.float32(2.0 ** (self.exponent - 31))

    def compare(self, frames: int | None, rate: int | None, key: str) -> None:
        """Raise unless it is the atom of which so much is known."""
        if frames is not None and self.frames != frames:
            raise Damage(f"it holds {self.frames} samples instead of {frames}")
        if rate is not None and self.rate != rate:
            raise Damage(f"it has {self.rate} Hz instead of {rate}")
        if key and self.mark is not None and self.mark != _mark(key):
            raise Damage("it is another atom, stored under this one's key")

    def require(self, frames: int, crc: int) -> None:
        """Raise unless these are the samples that were stored."""
        if frames != self.frames or _closed(crc, self.rate, frames, self.exponent) != self.check:
            raise Damage("its samples are not the ones that were stored")


def _closed(check: int, rate: int, frames: int, exponent: int) -> int:
    """The checksum of the samples, extended over their rate, number and exponent."""
    # libFLAC does not notice every flipped bit, because it compares no checksum of the whole file.
    return zlib.crc32(struct.pack("<III", rate, frames, exponent), check)


def _mark(key: str) -> str:
    return f"{zlib.crc32(key.encode(errors='surrogatepass')):08x}"

"""One atom as bytes: 24-bit FLAC with a comment line that says how it was scaled and what it must decode to."""

import io
import math
import re
import struct
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile

from storage.audio.blocks import Mono
from storage.audio.facts import HIGHEST_RATE
from storage.errors import AudioError, DamagedAtom

#: Frames of the longest atom: ten minutes at the highest rate. Atoms last half a minute; a header that claims more than
#: this is wrong, and believing it would cost gigabytes.
MOST_FRAMES = 600 * HIGHEST_RATE
_FULL_SCALE = 1 << 23
#: libsndfile takes 24-bit samples in the upper bits of 32-bit ones.
_UNUSED_BITS = 8
#: The largest power of two that samples are scaled by: full scale times two to the 128th no longer fits a float32.
_LARGEST_EXPONENT = 127
#: FLAC level 2 of 8: files are 1 % larger than with the default, and no level is quicker.
_COMPRESSION = 0.25
#: Frames decoded at once: 256 KiB, which fits a core's cache.
_BLOCK_FRAMES = 1 << 16
_MAGIC = b"fLaC"
_LINE = re.compile(
    r"voicefarm atom rate=([0-9]{1,7}) frames=([0-9]{1,10}) exponent=([0-9]{1,3}) check=([0-9a-f]{8})"
    r"(?: key=([0-9a-f]{8}))?"
)


@dataclass(frozen=True, slots=True)
class _Line:
    """The contents of an atom's comment line."""

    rate: int
    frames: int
    exponent: int
    check: int
    #: Mark of the key that it was stored under; None in older atoms.
    mark: str | None


class _Damage(Exception):
    """Why an atom cannot be used."""


def encode(samples: Mono, rate: int, *, key: str = "") -> bytes:
    """Encode samples, always to the same bytes; samples beyond full scale survive, scaled by a power of two.

    With a key, the bytes carry its mark, so that no other atom's object can stand in for this one.
    """
    if not len(samples):
        raise AudioError("An atom without samples cannot be stored; cut the recording into longer atoms")
    if len(samples) > MOST_FRAMES:
        raise AudioError(
            f"An atom of {len(samples)} samples cannot be stored, because the most is {MOST_FRAMES}; lower"
            " VOICEFARM_ATOM_SECONDS"
        )
    if not np.isfinite(samples).all():
        at = int(np.argmin(np.isfinite(samples)))
        raise AudioError(f"An atom holds NaN or infinity at sample {at} and cannot be stored; convert it again")
    exponent = _exponent(samples)
    scaled = np.rint(samples.astype(np.float64) * 2.0 ** (23 - exponent))
    values = np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int32) << _UNUSED_BITS
    return _pack(values, rate, exponent, key)


def decode(content: bytes, *, frames: int | None = None, rate: int | None = None, key: str = "") -> tuple[Mono, int]:
    """Decode samples and rate; raises if a single bit of either has changed.

    What is known of the atom (its length, rate and key) is compared before any sample is decoded.
    """
    try:
        _require_flac(content)
        with soundfile.SoundFile(io.BytesIO(content)) as sound:
            line = _read_line(sound)
            _compare(line, frames, rate, key)
            return _unpack(sound, line), line.rate
    except soundfile.LibsndfileError as error:
        # The error's own text would name the object in memory.
        raise _unusable(f"it does not decode ({error.error_string})", key) from error
    except (soundfile.SoundFileError, OSError, ValueError) as error:
        raise _unusable(f"it does not decode ({error})", key) from error
    except _Damage as error:
        raise _unusable(str(error), key) from error


def _exponent(samples: Mono) -> int:
    """The exponent of the smallest power of two, at least 1, that no sample exceeds."""
    mantissa, exponent = math.frexp(float(np.max(np.abs(samples))))
    if exponent > _LARGEST_EXPONENT:
        raise AudioError("An atom holds a sample beyond 1.7e38 and cannot be stored; convert it again")
    return max(0, exponent - 1 if mantissa == 0.5 else exponent)


def _pack(values: npt.NDArray[np.int32], rate: int, exponent: int, key: str) -> bytes:
    out = io.BytesIO()
    with soundfile.SoundFile(
        out, "w", rate, 1, format="FLAC", subtype="PCM_24", compression_level=_COMPRESSION
    ) as sound:
        check = _closed(zlib.crc32(values.data), rate, len(values), exponent)
        line = f"voicefarm atom rate={rate} frames={len(values)} exponent={exponent} check={check:08x}"
        sound.comment = f"{line} key={_mark(key)}" if key else line
        sound.write(values)
    return out.getvalue()


def _require_flac(content: bytes) -> None:
    # libsndfile would try a dozen other decoders on anything else.
    if not content.startswith(_MAGIC):
        raise _Damage("it is not a FLAC file")


def _read_line(sound: soundfile.SoundFile) -> _Line:
    found = _LINE.fullmatch(sound.comment)
    if found is None:
        raise _Damage("the comment line that every atom carries is missing or garbled")
    line = _Line(int(found[1]), int(found[2]), int(found[3]), int(found[4], 16), found[5])
    if (sound.samplerate, sound.frames, sound.channels) != (line.rate, line.frames, 1):
        raise _Damage("its header contradicts its comment line")
    if line.frames > MOST_FRAMES or line.exponent > _LARGEST_EXPONENT:
        raise _Damage("its header claims a length or a scale that no atom has")
    return line


def _compare(line: _Line, frames: int | None, rate: int | None, key: str) -> None:
    if frames is not None and line.frames != frames:
        raise _Damage(f"it holds {line.frames} samples instead of {frames}")
    if rate is not None and line.rate != rate:
        raise _Damage(f"it has {line.rate} Hz instead of {rate}")
    if key and line.mark is not None and line.mark != _mark(key):
        raise _Damage("it is another atom, stored under this one's key")


def _unpack(sound: soundfile.SoundFile, line: _Line) -> Mono:
    """Decode block by block, so that nothing but the samples themselves takes memory."""
    samples = np.empty(line.frames, np.float32)
    block = np.empty(min(line.frames, _BLOCK_FRAMES), np.int32)
    scale, check, done = np.float32(2.0 ** (line.exponent - 31)), 0, 0
    while got := int(sound.buffer_read_into(block[: line.frames - done], "int32")):
        check = zlib.crc32(block[:got].data, check)
        part = samples[done : done + got]
        part[:] = block[:got]
        part *= scale
        done += got
        if done == line.frames:
            break
    if done != line.frames or _closed(check, line.rate, done, line.exponent) != line.check:
        raise _Damage("its samples are not the ones that were stored")
    return samples


def _closed(check: int, rate: int, frames: int, exponent: int) -> int:
    """The checksum of the samples, extended over their rate, number and exponent."""
    # libFLAC does not notice every flipped bit, because it compares no checksum of the whole file.
    return zlib.crc32(struct.pack("<III", rate, frames, exponent), check)


def _mark(key: str) -> str:
    return f"{zlib.crc32(key.encode(errors='surrogatepass')):08x}"


def _unusable(why: str, key: str) -> DamagedAtom:
    return DamagedAtom(f"{key or 'An atom'} is damaged: {why}; delete its object, so that it is made again")

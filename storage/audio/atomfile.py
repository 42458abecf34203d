"""One atom as bytes: 24-bit FLAC with a comment line that says how it was scaled and what it must decode to.

Where bytes cost less than packing them, a short atom is kept plain: the same line, and then the samples themselves.
"""

import io
import math
import zlib

import numpy as np
import numpy.typing as npt
import soundfile

from storage.audio.atom_line import BEGINNING, LARGEST_EXPONENT, MOST_FRAMES, AtomLine, Damage
from storage.audio.blocks import Mono
from storage.errors import AudioError, DamagedAtom

#: Samples as whole numbers of 24 bits, in the upper bits of 32, as libsndfile takes them.
Values = npt.NDArray[np.int32]

_FULL_SCALE = 1 << 23
_UNUSED_BITS = 8
#: FLAC level 2 of 8: files are 1 % larger than with the default, and no level is quicker.
_COMPRESSION = 0.25
#: Frames decoded at once: 256 KiB, which fits a core's cache.
_BLOCK_FRAMES = 1 << 16
_FLAC_MAGIC = b"fLaC"
_PLAIN_MAGIC = BEGINNING.encode()
_PLAIN_VALUES = np.dtype("<i4")
#: Seconds of the longest atom that is kept plain: short recordings are soon gone again, long ones would fill a disk.
_PLAIN_SECONDS = 10
#: Bytes that the line of a plain atom is filled up to, so that its samples lie where processors want them.
_LINE_BYTES = 128


def encode(samples: Mono, rate: int, *, key: str = "", near: bool = False) -> bytes:
    """Encode samples, always to the same bytes; samples beyond full scale survive, scaled by a power of two.

    With a key, the bytes carry its mark, so that no other atom's object can stand in for this one. `near` says that
    they will not leave this machine.
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
    values = _rounded(samples, exponent)
    line = AtomLine.of(zlib.crc32(values.data), rate, len(values), exponent, key)
    is_plain = near and len(samples) <= _PLAIN_SECONDS * rate
    return _plain(values, line) if is_plain else _pack(values, line)


def decode(content: bytes, *, frames: int | None = None, rate: int | None = None, key: str = "") -> tuple[Mono, int]:
    """Decode samples and rate; raises if a single bit of either has changed.

    What is known of the atom (its length, rate and key) is compared before any sample is decoded.
    """
    try:
        if content.startswith(_PLAIN_MAGIC):
            return _of_plain(content, frames, rate, key)
        _require_flac(content)
        with soundfile.SoundFile(io.BytesIO(content)) as sound:
            line = _line_of(sound)
            line.compare(frames, rate, key)
            return _unpack(sound, line), line.rate
    except soundfile.LibsndfileError as error:
        # The error's own text would name the object in memory.
        raise _unusable(f"it does not decode ({error.error_string})", key) from error
    except (soundfile.SoundFileError, OSError, ValueError) as error:
        raise _unusable(f"it does not decode ({error})", key) from error
    except Damage as error:
        raise _unusable(str(error), key) from error


def _exponent(samples: Mono) -> int:
    """The exponent of the smallest power of two, at least 1, that no sample exceeds."""
    mantissa, exponent = math.frexp(max(float(np.max(samples)), -float(np.min(samples))))
    if exponent > LARGEST_EXPONENT:
        raise AudioError("An atom holds a sample beyond 1.7e38 and cannot be stored; convert it again")
    return max(0, exponent - 1 if mantissa == 0.5 else exponent)


def _rounded(samples: Mono, exponent: int) -> Values:
    """The samples as whole numbers; neither a power of two nor 24 bits are too much for a float32."""
    scaled = samples * np.float32(2.0 ** (23 - exponent))
    np.rint(scaled, out=scaled)
    np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1, out=scaled)
    values = scaled.astype(np.int32)
    values <<= _UNUSED_BITS
    return values


def _pack(values: Values, line: AtomLine) -> bytes:
    out = io.BytesIO()
    with soundfile.SoundFile(
        out, "w", line.rate, 1, format="FLAC", subtype="PCM_24", compression_level=_COMPRESSION
    ) as sound:
        sound.comment = str(line)
        sound.write(values)
    return out.getvalue()


def _plain(values: Values, line: AtomLine) -> bytes:
    head = str(line).ljust(_LINE_BYTES - 1) + "\n"
    return head.encode() + values.astype(_PLAIN_VALUES, copy=False).tobytes()


def _of_plain(content: bytes, frames: int | None, rate: int | None, key: str) -> tuple[Mono, int]:
    line = AtomLine.read(content[:_LINE_BYTES].decode("ascii", "replace").rstrip())
    if len(content) != _LINE_BYTES + line.frames * _PLAIN_VALUES.itemsize:
        raise Damage("its length contradicts its comment line")
    line.compare(frames, rate, key)
    values = np.frombuffer(content, _PLAIN_VALUES, offset=_LINE_BYTES)
    line.require(len(values), zlib.crc32(values.data))
    samples = values.astype(np.float32)
    samples *= line.scale
    return samples, line.rate


def _require_flac(content: bytes) -> None:
    # libsndfile would try a dozen other decoders on anything else.
    if not content.startswith(_FLAC_MAGIC):
        raise Damage("it is not a FLAC file")


def _line_of(sound: soundfile.SoundFile) -> AtomLine:
    line = AtomLine.read(sound.comment)
    if (sound.samplerate, sound.frames, sound.channels) != (line.rate, line.frames, 1):
        raise Damage("its header contradicts its comment line")
    return line


def _unpack(sound: soundfile.SoundFile, line: AtomLine) -> Mono:
    """Decode block by block, so that nothing but the samples themselves takes memory."""
    samples = np.empty(line.frames, np.float32)
    block = np.empty(min(line.frames, _BLOCK_FRAMES), np.int32)
    scale, check, done = line.scale, 0, 0
    while got := int(sound.buffer_read_into(block[: line.frames - done], "int32")):
        check = zlib.crc32(block[:got].data, check)
        part = samples[done : done + got]
        part[:] = block[:got]
        part *= scale
        done += got
        if done == line.frames:
            break
    line.require(done, check)
    return samples


def _unusable(why: str, key: str) -> DamagedAtom:
    return DamagedAtom(f"{key or 'An atom'} is damaged: {why}; delete its object, so that it is made again")

"""One atom as bytes: FLAC of 24 bits with a line in it that says how loud it was and what it must decode to."""

import io
import math
import re
import struct
import zlib

import numpy as np
import numpy.typing as npt
import soundfile

from storage.audio.blocks import Mono
from storage.errors import AudioError

_FULL_SCALE = 1 << 23
#: libsndfile takes 24-bit samples in the upper bits of 32.
_UNUSED_BITS = 8
#: FLAC level 2 of 8: 1 % larger than the default and as quick as any.
_COMPRESSION = 0.25
_LINE = re.compile(r"voicefarm atom rate=(\d+) frames=(\d+) exponent=(\d+) check=([0-9a-f]{8})")


def encode(samples: Mono, rate: int) -> bytes:
    """The same bytes for the same samples; those beyond full scale survive, scaled by a power of two."""
    if not len(samples):
        raise AudioError("An atom without samples cannot be stored; cut the recording into longer atoms")
    if not np.isfinite(samples).all():
        at = int(np.argmin(np.isfinite(samples)))
        raise AudioError(f"An atom holds NaN or infinity at sample {at} and cannot be stored; convert it again")
    exponent = _exponent(samples)
    scaled = np.rint(samples.astype(np.float64) * 2.0 ** (23 - exponent))
    values = np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int32) << _UNUSED_BITS
    return _pack(values, rate, exponent)


def decode(content: bytes) -> tuple[Mono, int]:
    """Samples and rate; raises if a single bit of either changed on the way."""
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as sound:
            rate, frames, exponent, check = _read_line(sound)
            values = sound.read(frames, dtype="int32")
    except (soundfile.SoundFileError, OSError, ValueError) as error:
        raise _unusable(f"it does not decode ({error})") from error
    if len(values) != frames or _check(values, rate, exponent) != check:
        raise _unusable("its samples are not those that were stored")
    return values.astype(np.float32) * np.float32(2.0 ** (exponent - 31)), rate


def _exponent(samples: Mono) -> int:
    """The smallest power of two that the loudest sample fits under, but no less than one."""
    mantissa, exponent = math.frexp(float(np.max(np.abs(samples))))
    return max(0, exponent - 1 if mantissa == 0.5 else exponent)


def _pack(values: npt.NDArray[np.int32], rate: int, exponent: int) -> bytes:
    out = io.BytesIO()
    with soundfile.SoundFile(
        out, "w", rate, 1, format="FLAC", subtype="PCM_24", compression_level=_COMPRESSION
    ) as sound:
        check = _check(values, rate, exponent)
        sound.comment = f"voicefarm atom rate={rate} frames={len(values)} exponent={exponent} check={check:08x}"
        sound.write(values)
    return out.getvalue()


def _read_line(sound: soundfile.SoundFile) -> tuple[int, int, int, int]:
    found = _LINE.fullmatch(sound.comment)
    if found is None:
        raise _unusable("the line that every atom carries is missing or garbled")
    rate, frames, exponent = (int(found[group]) for group in (1, 2, 3))
    if (sound.samplerate, sound.frames, sound.channels) != (rate, frames, 1):
        raise _unusable("its header contradicts the line that every atom carries")
    return rate, frames, exponent, int(found[4], 16)


def _check(values: npt.NDArray[np.int32], rate: int, exponent: int) -> int:
    # libFLAC would not notice every flipped bit: it compares no checksum of the whole.
    return zlib.crc32(struct.pack("<III", rate, len(values), exponent), zlib.crc32(values.tobytes()))


def _unusable(why: str) -> AudioError:
    return AudioError(f"An atom is damaged: {why}; delete its object and let it be made again")

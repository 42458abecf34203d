"""The sampler chunk of a WAV: which note it sounds at, and the loops in which samplers hold it."""

import struct
from collections.abc import Iterator

from storage.extras.extras import MOST_MARKERS, Step

#: Maker, product, nanoseconds of a sample, note, its fraction, time code (two), loops, and bytes of the sampler's own.
_LAYOUT = struct.Struct("<9I")
#: Number, kind, first and last sample, fraction of a sample, and how often it is played.
_LOOP = struct.Struct("<6I")
_LARGEST = 0xFFFF_FFFF
_NANOSECONDS = 1_000_000_000


def adapted(smpl: bytes, step: Step) -> bytes:
    """The chunk as the result has it: the same loops at the same moments, counted in its own samples."""
    maker, product, _, note, fraction, *time_code, count, own = _LAYOUT.unpack(
        smpl[: _LAYOUT.size].ljust(_LAYOUT.size, b"\0")
    )
    loops = list(_moved(smpl, count, step))
    behind = _LAYOUT.size + _LOOP.size * count
    rest = smpl[behind : behind + own]
    period = round(_NANOSECONDS / step.rate_out)
    head = _LAYOUT.pack(maker, product, period, note, fraction, *time_code, len(loops), len(rest))
    content = head + b"".join(loops) + rest
    # libsndfile reads no RF64 in which such a chunk has an odd length.
    return content + b"\0" * (len(content) % 2)


def _moved(smpl: bytes, count: int, step: Step) -> Iterator[bytes]:
    there = max(0, len(smpl) - _LAYOUT.size) // _LOOP.size
    for place in range(min(count, there, MOST_MARKERS)):
        number, kind, first, last, fraction, times = _LOOP.unpack_from(smpl, _LAYOUT.size + place * _LOOP.size)
        first = min(step.moved(first), _LARGEST)
        # The last sample belongs to the loop, so what moves is where the next begins; a loop keeps a sample at least.
        last = max(first, min(step.moved(last + 1) - 1, _LARGEST))
        yield _LOOP.pack(number, kind, first, last, fraction, times)

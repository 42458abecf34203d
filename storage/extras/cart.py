"""The cart chunk of a WAV (AES46): what a radio station's playout says of a cut, and its timers."""

import struct

from storage.extras.extras import Step

#: Texts of fixed length from the version to the user's own, and the level of reference; then come the timers.
_TIMERS_AT = 684
#: What a timer is for, such as `AUDs` or `SEG1`, and at which sample it is due.
_TIMER = struct.Struct("<4sI")
_TIMERS = 8
#: Up to the text at its end, with what is reserved and an address.
_FIXED = 2048
_LARGEST = 0xFFFF_FFFF


def adapted(cart: bytes, step: Step) -> bytes:
    """The chunk as the result has it: the same words, and timers at the same moments in its own samples."""
    content = bytearray(cart.ljust(_FIXED, b"\0"))
    for number in range(_TIMERS):
        at = _TIMERS_AT + number * _TIMER.size
        usage, sample = _TIMER.unpack_from(content, at)
        if usage.strip(b"\0 "):
            _TIMER.pack_into(content, at, usage, min(step.moved(sample), _LARGEST))
    # libsndfile reads no RF64 in which such a chunk has an odd length.
    return bytes(content) + b"\0" * (len(content) % 2)

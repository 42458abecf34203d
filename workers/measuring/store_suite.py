"""What the object store and the coding of atoms cost this machine: an atom written, fetched, encoded and decoded."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from secrets import token_hex

from storage import keys
from storage.audio.atomfile import decode, encode
from storage.errors import VoicefarmError
from storage.objects.store import ObjectStore
from workers.measuring.figure import Better, Figure, figure
from workers.measuring.runs import Runs, timed
from workers.measuring.subject import sung

#: Seconds and rate of an atom.
_SECONDS, _RATE = 25.0, 48_000
_MEGABYTE = 1e6
_MILLISECONDS = 1000.0


def measure_store(store: ObjectStore, runs: Runs, say: Callable[[str], None]) -> Iterator[Figure]:
    """Storing and fetching as workers do it, with a large object and with a small one."""
    say("the object store")
    samples = sung(_SECONDS, _RATE)
    packed = encode(samples, _RATE)
    encoding = timed(lambda: encode(samples, _RATE), runs)
    decoding = timed(lambda: decode(packed), runs)
    yield figure("storage", "encoding atoms", "x", [_SECONDS / one for one in encoding])
    yield figure("storage", "decoding atoms", "x", [_SECONDS / one for one in decoding])
    key = keys.converted_key(f"converted/{token_hex(16)}", 0, len(samples), 0, len(samples))
    megabytes = len(packed) / _MEGABYTE
    try:
        putting = timed(lambda: store.put(key, packed, lasting=False), runs)
        getting = timed(lambda: store.get(key), runs)
        yield figure("storage", f"storing {megabytes:.1f} MB", "MB/s", [megabytes / one for one in putting])
        yield figure("storage", f"fetching {megabytes:.1f} MB", "MB/s", [megabytes / one for one in getting])
        asking = [_MILLISECONDS * one for one in timed(lambda: store.find(key), runs)]
        yield figure("storage", "asking for an object", "ms", asking, Better.LESS)
    finally:
        with suppress(VoicefarmError):
            store.delete(key)

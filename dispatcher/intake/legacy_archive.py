"""The files that torch wrote before version 1.6: five pickles one after another, then the raw numbers."""

from io import BufferedReader
from pathlib import Path
from typing import IO, Any, cast

from dispatcher.intake.pickle_reader import read_pickle
from dispatcher.intake.pickle_values import malformed
from dispatcher.intake.records import Allowance, missing_record
from dispatcher.intake.torch_tensor import TensorMaker
from storage.errors import InputError

#: What the second pickle says in every such file.
_PROTOCOL = 1001
#: Bytes before each run of numbers that say how many there are.
_COUNT = 8
#: Bytes of all pickles together.
_LARGEST_PICKLES = 32 << 20


class LegacyRecords:
    """Runs of bytes in one file."""

    def __init__(self, file: BufferedReader, places: dict[str, tuple[int, int]], file_size: int) -> None:
        self._file = file
        self._places = places
        self._allowance = Allowance(2 * file_size)

    def size(self, key: str) -> int:
        """Bytes of this storage."""
        if key not in self._places:
            raise missing_record(key)
        return self._places[key][1]

    def read(self, key: str) -> bytes:
        """The bytes of this storage."""
        size = self.size(key)
        self._allowance.take(size)
        self._file.seek(self._places[key][0])
        return self._file.read(size)


def read_legacy(file: BufferedReader, path: Path) -> Any:
    """What this file says; its tensors can be read as long as it stays open."""
    tensors, size = TensorMaker(), path.stat().st_size
    pickles = cast("IO[bytes]", _BoundedPickles(file))
    _magic, protocol, system = (read_pickle(pickles, tensors) for _ in range(3))
    if protocol != _PROTOCOL or not isinstance(system, dict) or system.get("little_endian") is not True:
        raise malformed("its first words are not those of torch")
    said = read_pickle(pickles, tensors)
    keys = read_pickle(pickles, tensors)
    tensors.attach(LegacyRecords(file, _places(file, keys, tensors, size), size))
    return said


def _places(file: BufferedReader, keys: Any, tensors: TensorMaker, size: int) -> dict[str, tuple[int, int]]:
    widths = {storage.key: storage.width for storage in tensors.storages}
    places: dict[str, tuple[int, int]] = {}
    at = file.tell()
    for key in keys if isinstance(keys, list) else ():
        if not isinstance(key, str) or key not in widths or key in places:
            raise malformed("it lists numbers that nothing speaks of")
        file.seek(at)
        length = int.from_bytes(file.read(_COUNT), "little") * widths[key]
        at += _COUNT + length
        if at > size:
            raise InputError("it is truncated: its numbers end early; download or copy it again")
        places[key] = at - length, length
    return places


class _BoundedPickles:
    """The beginning of a file, so that no pickle can ask for more than pickles have."""

    def __init__(self, raw: BufferedReader) -> None:
        self._raw = raw

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self._left():
            raise InputError("its pickles are larger than any model's; get another copy")
        return self._raw.read(size)

    def readline(self) -> bytes:
        return self._raw.readline(self._left())

    def tell(self) -> int:
        return self._raw.tell()

    def _left(self) -> int:
        return max(_LARGEST_PICKLES - self._raw.tell(), 0)

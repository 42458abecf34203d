"""Opens a torch file of either form.

The older form, from versions before 1.6, is read here: five pickles one after another, then the raw numbers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import IO, Any, cast

from storage.errors import InputError
from workers.engines.rvc.files.archive import open_archive
from workers.engines.rvc.files.pickle_names import malformed
from workers.engines.rvc.files.pickle_reader import read_pickle
from workers.engines.rvc.files.recognition import Form
from workers.engines.rvc.files.torch_tensor import Allowance, TensorMaker, missing_record

Said = dict[Any, Any]

#: The value of the second pickle in every file of the older form.
_PROTOCOL = 1001
#: Size in bytes of the count before each run of numbers.
_COUNT = 8
#: Bytes of all pickles together.
_LARGEST_PICKLES = 32 << 20


@contextmanager
def open_checkpoint(path: Path, form: Form) -> Iterator[Said]:
    """The dictionary in this torch file; its tensors can be read inside the block."""
    if form is Form.TORCH_ZIP:
        with open_archive(path) as records:
            tensors = TensorMaker()
            said = read_pickle(BytesIO(records.pickle), tensors)
            tensors.attach(records)
            yield _dictionary(said)
    elif form is Form.TORCH_LEGACY:
        with path.open("rb") as file:
            yield _dictionary(_read_legacy(file, path))
    else:
        raise InputError(f"it is a file of the form {form.value}, not one from torch; give the .pth or .pt file")


def _dictionary(said: Any) -> Said:
    if not isinstance(said, dict):
        raise InputError("it holds no dictionary of tensors, so it is not a known kind of model; give the model file")
    return said


class _LegacyRecords:
    """Runs of bytes in one file of the older form."""

    def __init__(self, file: BufferedReader, places: dict[str, tuple[int, int]], file_size: int) -> None:
        self._file = file
        self._places = places
        self._allowance = Allowance(2 * file_size)
        self._last: tuple[str, bytes] | None = None

    def size(self, key: str) -> int:
        """The size of this storage in bytes."""
        if key not in self._places:
            raise missing_record(key)
        return self._places[key][1]

    def read(self, key: str) -> bytes:
        """The bytes of this storage; tensors that lie in one follow each other, so the last one is kept."""
        if self._last is None or self._last[0] != key:
            size = self.size(key)
            self._allowance.take(size)
            self._file.seek(self._places[key][0])
            self._last = key, self._file.read(size)
        return self._last[1]


def _read_legacy(file: BufferedReader, path: Path) -> Any:
    """The contents of this file; its tensors can be read while it is open."""
    tensors, size = TensorMaker(), path.stat().st_size
    pickles = cast("IO[bytes]", _BoundedPickles(file))
    _magic, protocol, system = (read_pickle(pickles, tensors) for _ in range(3))
    if protocol != _PROTOCOL or not isinstance(system, dict) or system.get("little_endian") is not True:
        raise malformed("it does not begin as torch's files do")
    said = read_pickle(pickles, tensors)
    keys = read_pickle(pickles, tensors)
    tensors.attach(_LegacyRecords(file, _places(file, keys, tensors, size), size))
    return said


def _places(file: BufferedReader, keys: Any, tensors: TensorMaker, size: int) -> dict[str, tuple[int, int]]:
    widths = {storage.key: storage.width for storage in tensors.storages}
    places: dict[str, tuple[int, int]] = {}
    at = file.tell()
    for key in keys if isinstance(keys, list) else ():
        if not isinstance(key, str) or key not in widths or key in places:
            raise malformed("it lists numbers that nothing refers to")
        file.seek(at)
        length = int.from_bytes(file.read(_COUNT), "little") * widths[key]
        at += _COUNT + length
        if at > size:
            raise InputError("it is truncated: its numbers end early; download or copy it again")
        places[key] = at - length, length
    return places


class _BoundedPickles:
    """The beginning of a file, limited so that a pickle cannot ask for more bytes than pickles have."""

    def __init__(self, raw: BufferedReader) -> None:
        self._raw = raw

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self._left():
            raise InputError("its pickles are larger than those of any model; get another copy")
        return self._raw.read(size)

    def readline(self) -> bytes:
        return self._raw.readline(self._left())

    def tell(self) -> int:
        return self._raw.tell()

    def _left(self) -> int:
        return max(_LARGEST_PICKLES - self._raw.tell(), 0)

"""Reads the vectors from a FAISS index, IVF-Flat or Flat, without the FAISS library and with every bound checked.

The layout is that of current FAISS: all numbers are little-endian, and each list of vectors precedes their numbers.
"""

from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

import numpy as np
import numpy.typing as npt

from storage.errors import InputError
from workers.engines.rvc.files.draft import Numbers
from workers.engines.rvc.files.pickle_names import shown

_IVF_FLAT, _FLAT, _FLAT_INNER_PRODUCT = b"IwFl", b"IxF2", b"IxFI"
_L2 = 1
_NO_MAP, _ARRAY_MAP, _HASH_MAP = 0, 1, 2
_WIDEST, _MOST_LISTS = 8192, 1 << 24
_ID, _FLOAT = 8, 4


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    total: int


def read_faiss(path: Path) -> Numbers:
    """All vectors of this index in the order of their numbers, one per row."""
    with path.open("rb") as file:
        reader = _Reader(file, path.stat().st_size)
        kind = reader.take(4)
        if kind == _IVF_FLAT:
            return _ivf_flat(reader)
        if kind in (_FLAT, _FLAT_INNER_PRODUCT):
            return _flat(reader)
        raise InputError(
            f"it is a FAISS index of the kind {shown(kind.decode('latin-1'))}, not IVF-Flat or Flat; build the index"
            " again as one of these"
        )


def _flat(reader: "_Reader") -> Numbers:
    header = _header(reader)
    return _stored_vectors(reader, header)


def _stored_vectors(reader: "_Reader", header: _Header) -> Numbers:
    count = reader.number(8)
    if count != header.total * header.width:
        raise _contradicts("the number of its vectors")
    return reader.floats(header.total, header.width)


def _ivf_flat(reader: "_Reader") -> Numbers:
    header = _header(reader)
    lists = reader.number(8)
    reader.number(8)  # lists examined in each search
    _skip_centroids(reader, header, lists)
    _skip_map(reader)
    if reader.take(4) != b"ilar":
        raise InputError("its lists are stored outside the file, so it holds no vectors; give the added_ file")
    if (reader.number(8), reader.number(8)) != (lists, header.width * _FLOAT):
        raise _contradicts("the lists")
    sizes = _list_sizes(reader, lists)
    if int(sizes.sum()) != header.total or (sizes > header.total).any():
        raise _contradicts("the number of its vectors")
    if header.total == 0:
        raise InputError("the index is trained but empty; use the file whose name begins with added_ instead")
    return _listed_vectors(reader, header, sizes)


def _header(reader: "_Reader") -> _Header:
    width, total = reader.number(4), reader.number(8)
    reader.take(16)  # two numbers that FAISS writes and never reads
    reader.take(1)  # whether it is trained
    metric = reader.number(4)
    if not 1 <= width <= _WIDEST:
        raise _contradicts("the width of its vectors")
    if metric != _L2:
        raise InputError("it uses inner products, but RVC needs distances (L2); build the index again with L2")
    return _Header(width, total)


def _skip_centroids(reader: "_Reader", header: _Header, lists: int) -> None:
    if not 1 <= lists <= _MOST_LISTS:
        raise _contradicts("the number of its lists")
    if reader.take(4) != _FLAT:
        raise InputError("its lists are not found by flat centres; build the index again as IVF,Flat")
    centres = _header(reader)
    if (centres.width, centres.total) != (header.width, lists) or reader.number(8) != lists * header.width:
        raise _contradicts("the centres of its lists")
    reader.skip(lists * header.width * _FLOAT)


def _skip_map(reader: "_Reader") -> None:
    """Skip the map of where each vector is, which the lists also tell."""
    kind = reader.number(1)
    if kind not in (_NO_MAP, _ARRAY_MAP, _HASH_MAP):
        raise _contradicts("its map")
    reader.skip(reader.number(8) * _ID)
    if kind == _HASH_MAP:
        reader.skip(reader.number(8) * 2 * _ID)


def _list_sizes(reader: "_Reader", lists: int) -> npt.NDArray[np.uint64]:
    """The number of vectors in each list, stored for every list or, if most are empty, as pairs of list and size."""
    kind, count = reader.take(4), reader.number(8)
    numbers = reader.numbers(count)
    if kind == b"full" and count == lists:
        return numbers
    pairs = numbers.reshape(-1, 2) if count % 2 == 0 else numbers[:0].reshape(0, 2)
    if (
        kind != b"sprs"
        or count % 2
        or (pairs[:, 0] >= lists).any()
        or (np.diff(pairs[:, 0].astype(np.int64)) <= 0).any()
    ):
        raise _contradicts("the sizes of its lists")
    return np.ascontiguousarray(pairs[:, 1])


def _listed_vectors(reader: "_Reader", header: _Header, sizes: npt.NDArray[np.uint64]) -> Numbers:
    reader.check(header.total * (header.width * _FLOAT + _ID))
    vectors = np.empty((header.total, header.width), np.float32)
    numbers = np.empty(header.total, np.int64)
    at = 0
    for size in (int(size) for size in sizes if size):
        vectors[at : at + size] = reader.floats(size, header.width)
        numbers[at : at + size] = reader.numbers(size).view(np.int64)
        at += size
    order = np.argsort(numbers, kind="stable")
    if (np.diff(numbers[order]) == 0).any():
        raise _contradicts("the numbers of its vectors")
    return vectors[order]


def _contradicts(what: str) -> InputError:
    return InputError(f"the index contradicts itself about {what}; copy or build it again")


class _Reader:
    """A file that is never asked for more than it has."""

    def __init__(self, file: BufferedReader, size: int) -> None:
        self._file = file
        self._left = size

    def check(self, size: int) -> None:
        """Raise if fewer bytes than this are left."""
        if size > self._left:
            raise InputError("the index ends before its vectors do; copy or download it again")

    def take(self, size: int) -> bytes:
        """Read the next bytes."""
        self.check(size)
        self._left -= size
        return self._file.read(size)

    def skip(self, size: int) -> None:
        """Skip the next bytes."""
        self.check(size)
        self._left -= size
        self._file.seek(size, 1)

    def number(self, width: int) -> int:
        """Read the next whole number; none in these files is negative."""
        return int.from_bytes(self.take(width), "little")

    def numbers(self, count: int) -> npt.NDArray[np.uint64]:
        """Read the next whole numbers of eight bytes."""
        return np.frombuffer(self.take(count * _ID), "<u8")

    def floats(self, rows: int, width: int) -> Numbers:
        """Read the next vectors."""
        return (
            np.frombuffer(self.take(rows * width * _FLOAT), "<f4").reshape(rows, width).astype(np.float32, copy=False)
        )

"""Tensors of a torch file: which numbers they take from which storage, with every bound checked."""

from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import numpy as np

from storage.errors import InputError
from workers.engines.rvc.files.draft import BFLOAT, DOUBLE, HALF, SINGLE, Numbers, numpy_type, widened
from workers.engines.rvc.files.pickle_names import Named, malformed, shown


class Records(Protocol):
    """Runs of bytes by key."""

    def size(self, key: str) -> int:
        """The number of bytes that are really there."""

    def read(self, key: str) -> bytes:
        """All bytes under this key."""


def missing_record(key: str) -> InputError:
    """The refusal of a file that refers to numbers which it does not hold."""
    return InputError(f"the numbers of its storage {shown(key)} are missing; download or copy it again")


class Allowance:
    """How many bytes may still be read: a file whose tensors share numbers over and over is not a model."""

    def __init__(self, total: int) -> None:
        self._left = total

    def take(self, size: int) -> None:
        """Count this many bytes as read."""
        self._left -= size
        if self._left < 0:
            raise InputError("its tensors share the same numbers again and again, as no model does; get another copy")


#: The kind of number and its size in bytes, by torch's names for storages.
_STORAGES = {
    "DoubleStorage": (DOUBLE, 8),
    "FloatStorage": (SINGLE, 4),
    "HalfStorage": (HALF, 2),
    "BFloat16Storage": (BFLOAT, 2),
    "LongStorage": ("int64", 8),
    "IntStorage": ("int32", 4),
    "ShortStorage": ("int16", 2),
    "CharStorage": ("int8", 1),
    "ByteStorage": ("uint8", 1),
    "BoolStorage": ("bool", 1),
    "ComplexFloatStorage": ("complex64", 8),
    "ComplexDoubleStorage": ("complex128", 16),
    "UntypedStorage": ("uint8", 1),
    "_UntypedStorage": ("uint8", 1),
}
_TYPES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1}
_MOST_DIMENSIONS = 8


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of numbers that, according to the pickle, is stored next to it."""

    key: str
    element: str
    width: int
    count: int


@dataclass(frozen=True, slots=True)
class TorchTensor:
    """A tensor that takes its numbers from a storage."""

    maker: "TensorMaker"
    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def read(self) -> Numbers:
        """Its numbers as float32."""
        dtype = numpy_type(self.storage.element)
        flat = np.frombuffer(self.maker.records.read(self.storage.key), dtype, count=self.storage.count)
        steps = tuple(stride * dtype.itemsize for stride in self.strides)
        view = np.lib.stride_tricks.as_strided(flat[self.offset :], self.shape, steps, writeable=False)
        return widened(view, self.storage.element)


class TensorMaker:
    """Makes the tensors that a pickle refers to."""

    def __init__(self) -> None:
        self._storages: set[Storage] = set()
        self._records: Records | None = None

    @property
    def records(self) -> Records:
        """Where the numbers are."""
        if self._records is None:
            raise malformed("it holds tensors before their numbers")
        return self._records

    @property
    def storages(self) -> frozenset[Storage]:
        """Every storage that was referred to."""
        return frozenset(self._storages)

    def attach(self, records: Records) -> None:
        """Set where the numbers are, and check that all storages that were referred to are really there."""
        for storage in self._storages:
            there = records.size(storage.key)
            if there < storage.count * storage.width:
                raise InputError(
                    f"its storage {shown(storage.key)} should hold {storage.count * storage.width} bytes but holds"
                    f" {there}; download or copy it again"
                )
        self._records = records

    def storage(self, said: Any) -> Storage:
        """The storage in a persistent id: the word storage, then its type, key, device and count."""
        if not isinstance(said, tuple) or len(said) < 5 or said[0] != "storage":
            raise malformed("it points at something that is not a storage")
        kind, key, count = said[1], said[2], said[4]
        if not isinstance(kind, Named) or kind.name not in _STORAGES or not isinstance(key, str):
            raise malformed("it points at a storage of an unknown type")
        if any(part is not None for part in said[5:]):
            raise InputError("its storages are parts of one another, as in very old files; save it with a newer torch")
        found = Storage(key, *_STORAGES[kind.name], _whole(count))
        self._storages.add(found)
        return found

    def rebuilt(self, args: tuple[Any, ...]) -> TorchTensor:
        """The tensor with this storage, offset, sizes and strides."""
        return self._tensor(args[0], args)

    def rebuilt_of_type(self, args: tuple[Any, ...]) -> TorchTensor:
        """The same if the storage is plain bytes and the type is the last argument but one."""
        kind, storage = args[6], args[0]
        if not isinstance(storage, Storage) or not isinstance(kind, Named) or kind.name not in _TYPES:
            raise malformed("it holds a tensor of an unknown type")
        width = _TYPES[kind.name]
        return self._tensor(Storage(storage.key, kind.name, width, storage.count * storage.width // width), args)

    def _tensor(self, storage: Any, args: tuple[Any, ...]) -> TorchTensor:
        if not isinstance(storage, Storage):
            raise malformed("it holds a tensor without a storage")
        offset, shape, strides = _whole(args[1]), _wholes(args[2]), _wholes(args[3])
        if len(shape) != len(strides):
            raise malformed("a tensor has different numbers of sizes and strides")
        last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
        if prod(shape) and (last >= storage.count or prod(shape) > storage.count):
            raise InputError(
                f"a tensor of sizes {shape} reaches beyond the {storage.count} numbers of its storage; get another copy"
            )
        return TorchTensor(self, storage, offset, shape, strides)


def _wholes(values: Any) -> tuple[int, ...]:
    if not isinstance(values, tuple | list) or len(values) > _MOST_DIMENSIONS:
        raise malformed("a tensor has invalid sizes")
    return tuple(_whole(value) for value in values)


def _whole(value: Any) -> int:
    # The limit is beyond the bytes of any file; larger numbers would only make the arithmetic slow.
    if not isinstance(value, int) or not 0 <= value < 1 << 48:
        raise malformed("a tensor has sizes that are not whole numbers")
    return int(value)

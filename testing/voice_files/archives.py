"""Torch files made by hand, for what torch itself never writes."""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import torch


@dataclass(frozen=True)
class Place:
    """A storage: its key, its kind, and how many numbers it claims to have."""

    key: str
    kind: Any
    count: int


class View:
    """A tensor as a pickle describes it, true or not."""

    def __init__(self, place: Place, offset: int, sizes: tuple[int, ...], strides: tuple[int, ...]) -> None:
        made: OrderedDict[str, object] = OrderedDict()
        self.args = (place, offset, sizes, strides, False, made)

    def __reduce__(self) -> tuple[Any, ...]:
        return torch._utils._rebuild_tensor_v2, self.args


class _Pickler(pickle.Pickler):
    def persistent_id(self, thing: object) -> object:
        if isinstance(thing, Place):
            return ("storage", thing.kind, thing.key, "cpu", thing.count)
        return None


def pickled(said: object, protocol: int = 2) -> bytes:
    """The object pickled as torch does it."""
    out = BytesIO()
    _Pickler(out, protocol).dump(said)
    return out.getvalue()


def write_archive(path: Path, data: bytes, storages: Mapping[str, bytes] | None = None, **more: bytes) -> Path:
    """An archive with this pickle and these storages."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", data)
        for key, content in (storages or {}).items():
            archive.writestr(f"archive/data/{key}", content)
        for name, content in more.items():
            archive.writestr(f"archive/{name}", content)
    return path


def repacked(path: Path, change: Callable[[str, bytes], tuple[str, bytes]], how: int = zipfile.ZIP_STORED) -> Path:
    """The same archive with every entry changed by a function."""
    with zipfile.ZipFile(path) as archive:
        entries = [change(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def restated(path: Path, name: str, size: int) -> Path:
    """The same archive, with a false size for one entry in its list."""
    content = bytearray(path.read_bytes())
    at = content.rindex(name.encode()) - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    content[at + 20 : at + 28] = size.to_bytes(4, "little") * 2
    path.write_bytes(content)
    return path


class Calling:
    """An object whose pickle calls what it is given."""

    def __init__(self, called: Any, *args: Any) -> None:
        self.called, self.args = called, args

    def __reduce__(self) -> tuple[Any, ...]:
        return self.called, self.args

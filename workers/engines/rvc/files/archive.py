"""Reads the zip archives that torch writes, without unpacking anything to disk."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from storage.errors import InputError
from workers.engines.rvc.files.pickle_names import shown
from workers.engines.rvc.files.torch_tensor import Allowance, missing_record

#: Entries of the largest archive; a training checkpoint with its optimizer has some 2,500.
_MOST_ENTRIES = 20_000
#: Bytes of the list of entries: a few hundred per entry.
_LARGEST_DIRECTORY = _MOST_ENTRIES * 256
#: Bytes of the pickle, which holds only names and sizes; the numbers are stored next to it.
_LARGEST_PICKLE = 32 << 20

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OverflowError,
    struct.error,
)
_TRUNCATED = "it is truncated or damaged ({}); download or copy it again"


class ZipRecords:
    """The entries of one archive."""

    def __init__(self, archive: zipfile.ZipFile, file_size: int) -> None:
        self._archive = archive
        self._entries = _checked(archive.infolist(), file_size)
        self._allowance = Allowance(2 * file_size)
        self._root = _root(self._entries)
        self._last: tuple[str, bytes] | None = None
        self._check_kind()

    @property
    def pickle(self) -> bytes:
        """The pickle that describes all the numbers."""
        entry = self._entries[f"{self._root}/data.pkl"]
        if entry.file_size > _LARGEST_PICKLE:
            raise InputError(f"its pickle alone has {entry.file_size >> 20} MiB, more than any model; get another copy")
        return self._content(entry)

    def size(self, key: str) -> int:
        """The size of this storage in bytes."""
        return self._entry(key).file_size

    def read(self, key: str) -> bytes:
        """The bytes of this storage, checked against the archive's checksum."""
        if self._last is None or self._last[0] != key:
            entry = self._entry(key)
            self._allowance.take(entry.file_size)
            self._last = key, self._content(entry)
        return self._last[1]

    def _entry(self, key: str) -> zipfile.ZipInfo:
        entry = self._entries.get(f"{self._root}/data/{key}")
        if entry is None:
            raise missing_record(key)
        return entry

    def _content(self, entry: zipfile.ZipInfo) -> bytes:
        try:
            content = self._archive.read(entry)
        except _DAMAGE as error:
            raise InputError(_TRUNCATED.format(f"its entry {shown(entry.filename)} cannot be read")) from error
        if len(content) != entry.file_size:
            raise InputError(_TRUNCATED.format(f"its entry {shown(entry.filename)} does not have the stated length"))
        return content

    def _check_kind(self) -> None:
        if any(name.startswith(f"{self._root}/code/") for name in self._entries):
            raise InputError("it is a TorchScript program, which contains code; add a file with only plain weights")
        order = self._entries.get(f"{self._root}/byteorder")
        if order is not None and (order.file_size > 16 or self._content(order) != b"little"):
            raise InputError("its numbers are in a byte order that cannot be read; save it on a little-endian machine")


@contextmanager
def open_archive(path: Path) -> Iterator[ZipRecords]:
    """Open this torch archive, with every bound checked."""
    with path.open("rb") as raw:
        directory = _BoundedDirectory(raw)
        try:
            archive = zipfile.ZipFile(directory)
        except _DAMAGE as error:
            raise InputError(_TRUNCATED.format("the list at the end of its archive is missing or wrong")) from error
        directory.bound = None
        with archive:
            yield ZipRecords(archive, path.stat().st_size)


class _BoundedDirectory:
    """A file that, until the list of entries is read, gives no more in one piece than such a list may have."""

    def __init__(self, raw: BufferedReader) -> None:
        self._raw = raw
        self.bound: int | None = _LARGEST_DIRECTORY

    def read(self, size: int = -1) -> bytes:
        if self.bound is None:
            return self._raw.read(size)
        content = self._raw.read(self.bound + 1 if size < 0 else min(size, self.bound + 1))
        if len(content) > self.bound:
            raise InputError("its archive lists far more entries than a model has; get another copy")
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def seekable(self) -> bool:
        return True


def _checked(entries: list[zipfile.ZipInfo], file_size: int) -> dict[str, zipfile.ZipInfo]:
    if len(entries) > _MOST_ENTRIES:
        raise InputError(f"its archive lists {len(entries)} entries, far more than a model has; get another copy")
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        _check_name(entry.orig_filename)
        if entry.filename in found:
            raise InputError(f"its archive holds {shown(entry.filename)} twice; get another copy")
        # torch does not compress, so an entry never has more bytes than it takes up in the file.
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise InputError(
                f"its entry {shown(entry.filename)} would expand beyond its bytes in the archive, which torch never"
                " writes; save it again with torch.save"
            )
        found[entry.filename] = entry
    if sum(entry.file_size for entry in entries) > file_size:
        raise InputError("its entries claim more bytes than the whole file has; download or copy it again")
    return found


def _check_name(name: str) -> None:
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or parts[0][1:] == ":":
        raise InputError(f"its entry {shown(name)} points outside the archive; get a copy from somebody you trust")


def _root(entries: dict[str, zipfile.ZipInfo]) -> str:
    roots = [name.removesuffix("/data.pkl") for name in entries if name.endswith("/data.pkl")]
    if not roots:
        raise InputError("it is a zip archive, but not one from torch; unpack it and give the model file inside it")
    return min(roots, key=len)

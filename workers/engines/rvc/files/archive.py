"""The zip archives that torch writes, read without unpacking anything to disk."""

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

#: A training checkpoint with its optimizer has some 2,500 entries.
_MOST_ENTRIES = 20_000
#: Bytes of the list of entries: a few hundred for each.
_LARGEST_DIRECTORY = _MOST_ENTRIES * 256
#: Bytes. The pickle holds names and sizes only; the numbers lie beside it.
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
        """The pickle that says what all the numbers are."""
        entry = self._entries[f"{self._root}/data.pkl"]
        if entry.file_size > _LARGEST_PICKLE:
            raise InputError(f"its pickle alone has {entry.file_size >> 20} MiB, as no model's has; get another copy")
        return self._content(entry)

    def size(self, key: str) -> int:
        """Bytes of this storage."""
        return self._entry(key).file_size

    def read(self, key: str) -> bytes:
        """The bytes of this storage, checked against the archive's own sum."""
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
            raise InputError(_TRUNCATED.format(f"its entry {shown(entry.filename)} is not as long as stated"))
        return content

    def _check_kind(self) -> None:
        if any(name.startswith(f"{self._root}/code/") for name in self._entries):
            raise InputError("it is a TorchScript program, which brings its own code; only plain weights are taken in")
        order = self._entries.get(f"{self._root}/byteorder")
        if order is not None and (order.file_size > 16 or self._content(order) != b"little"):
            raise InputError("its numbers are in an order of bytes that is not read; save it on an ordinary machine")


@contextmanager
def open_archive(path: Path) -> Iterator[ZipRecords]:
    """The entries of this torch archive, every bound checked."""
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
    """A file that hands out no more in one piece than a list of entries may have, until the list is read."""

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
        # torch packs without compressing, so an entry never grows beyond what lies in the file.
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise InputError(
                f"its entry {shown(entry.filename)} would expand beyond the bytes it has in the archive, which torch"
                " never writes; save it again with torch.save"
            )
        found[entry.filename] = entry
    if sum(entry.file_size for entry in entries) > file_size:
        raise InputError("its entries state more bytes than the whole file has; download or copy it again")
    return found


def _check_name(name: str) -> None:
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name or parts[0][1:] == ":":
        raise InputError(
            f"its entry {shown(name)} points outside the archive; get another copy from somebody you trust"
        )


def _root(entries: dict[str, zipfile.ZipInfo]) -> str:
    roots = [name.removesuffix("/data.pkl") for name in entries if name.endswith("/data.pkl")]
    if not roots:
        raise InputError("it is a zip archive, but not one of torch; unpack it and name the model file inside it")
    return min(roots, key=len)

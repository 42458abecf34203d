"""What the farm needs from an object store: whole objects under keys, and streams of big ones."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from storage.errors import ObjectStoreError


@dataclass(frozen=True, slots=True)
class Stored:
    """Key, size and time of an object in the store."""

    key: str
    size: int
    modified: float
    """Seconds since the epoch."""


def is_key(name: str) -> bool:
    """Whether an object can have this name in every kind of store."""
    if "\0" in name or any(not part or part.startswith(".") for part in name.split("/")):
        return False
    try:
        name.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair, which JSON and file names may hold.
        return False
    return True


def checked(key: str) -> str:
    """The key; raises if it could lead out of the store or mean something else in another kind of store."""
    if not is_key(key):
        raise ObjectStoreError(
            f"{key!r} is not a key: it must be names separated by slashes, none of them empty or beginning with a dot"
        )
    return key


def checked_file(path: Path) -> Path:
    """The file to be stored; raises without blaming the store. A pipe is refused, because reading it could hang."""
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise ObjectStoreError(f"{path} cannot be stored ({error.strerror}); check its path and rights") from error
    if not is_file:
        raise ObjectStoreError(f"{path} cannot be stored, because it is not a file; give a file")
    return path


def checked_prefix(prefix: str) -> str:
    """The prefix; raises if no key can begin with it."""
    if prefix:
        checked(prefix.removesuffix("/"))
    return prefix


class ObjectStore(Protocol):
    """An object store. Keys are relative paths with slashes; writing is atomic, so an object is whole or not there."""

    def put(self, key: str, data: bytes, *, lasting: bool = True) -> None:
        """Store a small object, replacing an older one; one that can be made again need not outlast a power cut."""
        ...

    def put_file(self, key: str, path: Path) -> None:
        """Store a file of any size."""
        ...

    def put_stream(self, key: str, stream: BinaryIO) -> None:
        """Store what a stream holds, to its end; if reading it fails, nothing is stored."""
        ...

    def get(self, key: str) -> bytes:
        """Fetch a small object whole."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Read an object of any size as a seekable file."""
        ...

    def find(self, key: str) -> Stored | None:
        """Size and time of an object, or None if there is none."""
        ...

    def list(self, prefix: str) -> Iterator[Stored]:
        """All objects whose keys begin with this prefix."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; it is not an error if there is none."""
        ...

    def tidy(self, before: float) -> None:
        """Remove writes begun before a time, in seconds since the epoch, and never finished."""
        ...

"""What the farm asks of an object store: whole objects under keys, and streams of big ones."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from storage.errors import ObjectStoreError


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is there."""

    key: str
    size: int
    modified: float
    """Seconds since the epoch."""


def is_key(name: str) -> bool:
    """Whether an object can have this name in any kind of store."""
    if "\0" in name or any(not part or part.startswith(".") for part in name.split("/")):
        return False
    try:
        name.encode()
    except UnicodeEncodeError:
        # Half a character, as JSON and the names of files may hold it.
        return False
    return True


def checked(key: str) -> str:
    """The key, or an error where it could lead out of the store or mean something else in another kind of store."""
    if not is_key(key):
        raise ObjectStoreError(f"{key!r} is no key: it must be names with slashes between, none empty or led by a dot")
    return key


def checked_file(path: Path) -> Path:
    """The file to be stored, or an error that does not blame the store; a pipe would keep us waiting for ever."""
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise ObjectStoreError(f"{path} cannot be stored ({error.strerror}); check its path and rights") from error
    if not is_file:
        raise ObjectStoreError(f"{path} cannot be stored, being no file; name a file")
    return path


def checked_prefix(prefix: str) -> str:
    """The beginning of keys, or an error where it could be the beginning of none."""
    if prefix:
        checked(prefix.removesuffix("/"))
    return prefix


class ObjectStore(Protocol):
    """Keys are relative paths with slashes. Writing is atomic: an object is there whole or not at all."""

    def put(self, key: str, data: bytes) -> None:
        """Store a small object, over an older one if need be."""
        ...

    def put_file(self, key: str, path: Path) -> None:
        """Store a file of any size."""
        ...

    def get(self, key: str) -> bytes:
        """Fetch a small object whole."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Read an object of any size as a seekable file."""
        ...

    def find(self, key: str) -> Stored | None:
        """What is known of an object, or None where there is none."""
        ...

    def list(self, prefix: str) -> Iterator[Stored]:
        """All objects whose key begins so."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; it is no error if there is none."""
        ...

    def tidy(self, before: float) -> None:
        """Remove what was begun before a time, in seconds since the epoch, and never finished."""
        ...

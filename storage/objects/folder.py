"""An object store in a local folder: every object is written to a temporary file, synced if it must last,
and moved into place.
"""

import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from storage.errors import NoSpace, ObjectMissing, ObjectStoreError, ObjectStoreRefused
from storage.objects.store import Stored, checked, checked_file, checked_prefix, is_key

#: Folder of half-written objects: hidden from every listing, and on the same file system so that they can be moved.
UNFINISHED = ".unfinished"
#: Bytes that the kernel is asked to copy at a time.
_AT_ONCE = 1 << 30
#: Errors from a kernel that does not copy between these two files, or not at all.
_NO_COPY = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF}
#: Errors from opening a socket, or a device without a driver.
_NO_FILE = {errno.ENXIO, errno.ENODEV}


class FolderStore:
    """Objects as files below a root folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes, *, lasting: bool = True) -> None:
        """Store a small object."""
        self._place(key, lambda file: file.write(data), lasting=lasting)

    def put_file(self, key: str, path: Path) -> None:
        """Store a file; the kernel clones it if the file system can."""
        source = checked_file(path)
        self._place(key, lambda file: _copy(source, file))

    def put_stream(self, key: str, stream: BinaryIO) -> None:
        """Store a stream."""
        self._place(key, lambda file: shutil.copyfileobj(stream, file, 1 << 20))

    def put_found(self, stream: BinaryIO, place: Callable[[], str | None]) -> None:
        """Store a stream under the key that is known once it was read; nothing is kept if there is none."""
        self._place_found(place, lambda file: shutil.copyfileobj(stream, file, 1 << 20))

    def get(self, key: str) -> bytes:
        """Fetch an object whole."""
        path = self._path(key)
        with self._reading(key), _opened(path) as file:
            return file.read()

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading."""
        path = self._path(key)
        with self._reading(key):
            return _opened(path)

    def find(self, key: str) -> Stored | None:
        """Size and time of an object, or None."""
        path = self._path(key)
        try:
            with self._reading(key):
                status = path.stat()
        except ObjectMissing:
            return None
        return Stored(key, status.st_size, status.st_mtime) if stat.S_ISREG(status.st_mode) else None

    def list(self, prefix: str) -> Iterator[Stored]:
        """All objects below a prefix, in no particular order."""
        folder = self.root / checked_prefix(prefix).rpartition("/")[0]
        for parent, folders, names in os.walk(folder, onerror=self._unlisted):
            if UNFINISHED in folders:
                folders.remove(UNFINISHED)
            for name in names:
                key = (Path(parent) / name).relative_to(self.root).as_posix()
                # File managers and network file systems leave files of their own here.
                if key.startswith(prefix) and is_key(key) and (stored := self.find(key)):
                    yield stored

    def delete(self, key: str) -> None:
        """Remove an object."""
        path = self._path(key)
        try:
            with self._reading(key):
                path.unlink()
        except ObjectMissing:
            pass

    def tidy(self, before: float) -> None:
        """Remove objects begun before a time and never finished, because their writer was killed."""
        for left_over in (self.root / UNFINISHED).glob("*"):
            with suppress(OSError):
                if left_over.stat().st_mtime < before:
                    left_over.unlink()

    def _path(self, key: str) -> Path:
        return self.root / checked(key)

    def _place(self, key: str, write: Callable[[BinaryIO], object], *, lasting: bool = True) -> None:
        checked(key)
        self._place_found(lambda: key, write, lasting=lasting)

    def _place_found(
        self, key: Callable[[], str | None], write: Callable[[BinaryIO], object], *, lasting: bool = True
    ) -> None:
        unfinished = self.root / UNFINISHED / uuid4().hex
        try:
            _require_folder(unfinished.parent)
            with unfinished.open("wb") as file:
                write(file)
                if lasting:
                    # The bytes must be on the disk before the name is.
                    file.flush()
                    os.fsync(file.fileno())
            named = key()
            if named is not None:
                target = self._path(named)
                _require_folder(target.parent)
                unfinished.replace(target)
        except OSError as error:
            raise _told(error, self.root) from error
        finally:
            with suppress(OSError):
                unfinished.unlink()

    @contextmanager
    def _reading(self, key: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            self._refuse_other_root()
            raise ObjectMissing(f"{key} is not in {self.root}; it was removed, or never stored") from error
        except OSError as error:
            raise _told(error, self.root) from error

    def _unlisted(self, error: OSError) -> None:
        """Raise for a folder that cannot be read; one that does not exist counts as empty."""
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            raise _told(error, self.root) from error
        self._refuse_other_root()

    def _refuse_other_root(self) -> None:
        if self.root.exists() and not self.root.is_dir():
            raise ObjectStoreRefused(
                f"the object folder {self.root} is not a folder; move away what is there, or correct"
                " VOICEFARM_OBJECTS_URL"
            )


def _opened(path: Path) -> BinaryIO:
    """Open a file, and nothing else: opening a pipe or a device could wait for ever."""
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise FileNotFoundError(errno.ENOENT, "not a file", str(path))
    return file


def _without_waiting(path: str, flags: int) -> int:
    try:
        return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno in _NO_FILE:
            raise FileNotFoundError(errno.ENOENT, error.strerror, path) from error
        raise


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)


def _copy(source: Path, file: BinaryIO) -> None:
    with source.open("rb") as opened:
        if not _copied_by_kernel(opened, file):
            shutil.copyfileobj(opened, file, 1 << 20)


def _copied_by_kernel(source: BinaryIO, file: BinaryIO) -> bool:
    """Copy all of a file without its bytes passing through this process; False if the system cannot, or not here."""
    if sys.platform != "linux":
        return False
    done = 0
    try:
        while copied := os.copy_file_range(source.fileno(), file.fileno(), _AT_ONCE):
            done += copied
    except OSError as error:
        if done or error.errno not in _NO_COPY:
            raise
        return False
    # Some file systems say of files whose size they do not know beforehand that they are empty.
    return done > 0


def _told(error: OSError, root: Path) -> ObjectStoreError | NoSpace:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(f"the disk that holds {root} is full; free some space")
    why = error.strerror or error
    return ObjectStoreError(f"the object folder {root} cannot be used: {why}; check its owner and rights")

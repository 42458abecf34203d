"""A folder for what a stitch writes before it is done; those left by killed processes are found and removed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import IO

from storage.errors import ServiceError

_PREFIX = "voicefarm-stitch-"
#: The file that the folder's user holds locked; a lock ends with its process, however that ends.
_LOCK = "in-use"


@contextmanager
def scratch_room(scratch: Path) -> Iterator[Path]:
    """A folder of our own for as long as the block lasts."""
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        _remove_left_over(scratch)
        folder, lock = _new_folder(scratch)
    except OSError as error:
        raise ServiceError(
            f"the scratch folder {scratch} cannot be used ({error.strerror}); check its owner and rights, and its room"
        ) from error
    with lock:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _new_folder(scratch: Path) -> tuple[Path, IO[str]]:
    while True:
        folder = Path(mkdtemp(dir=scratch, prefix=_PREFIX))
        lock = (folder / _LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Before it was locked, another process might have taken it for a leftover.
        if os.fstat(lock.fileno()).st_nlink:
            return folder, lock
        lock.close()


def _remove_left_over(scratch: Path) -> None:
    for folder in scratch.glob(f"{_PREFIX}*"):
        # One without the file was created a moment ago, or by an older version.
        with suppress(OSError), (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)

"""Keeps folders that hold recordings and records private from all other users of the machine."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

#: The umask of the farm's processes: other users get no rights to what they create.
PRIVATE_UMASK = 0o077


def make_private(folder: Path) -> bool:
    """Make sure that the folder exists and is its owner's alone; returns whether it had been open to others.

    Its contents are walked only if the folder or an entry at its top was open: an object store may be large.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    was_open = _is_open(folder.stat())
    if was_open or any(_can_be_closed(entry) for entry in folder.iterdir()):
        # The folder first: from then on, nobody else can put anything into it.
        _close(folder.resolve())
        for parent, folders, names in os.walk(folder):
            for name in (*folders, *names):
                _close(Path(parent) / name)
    return was_open and not _is_open(folder.stat())


def open_private(path: Path) -> BinaryIO:
    """Open a file for appending; if it is created now, nobody else can ever read it."""
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))


def make_private_file(path: Path) -> None:
    """Create an empty file that nobody else can ever read, unless the file exists.

    An existing file is not even opened: closing it again would release the locks that SQLite holds on it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _is_open(found: os.stat_result) -> bool:
    """Whether others have rights that this user can take away."""
    return found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode) and bool(found.st_mode & PRIVATE_UMASK)


def _can_be_closed(path: Path) -> bool:
    """The same for a path that may be gone by now or may not be readable."""
    with suppress(OSError):
        return _is_open(path.lstat())
    return False


def _close(path: Path) -> None:
    """Take all rights from others; links, other users' files and file systems without rights are left as they are."""
    with suppress(OSError):
        if _can_be_closed(path):
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~PRIVATE_UMASK)

"""Folders that hold recordings and records, kept from all other users of the machine."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

#: What a process of the farm takes from all others for what it makes.
PRIVATE_UMASK = 0o077


def make_private(folder: Path) -> bool:
    """Make sure that the folder is there and its owner's alone; whether others could look into it before.

    Everything in it is gone through only if it or what lies at its top was open: an object store may be large.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    was_open = _is_open(folder.stat())
    if was_open or any(_can_be_closed(entry) for entry in folder.iterdir()):
        # The folder first: from then on nobody else can put anything in the way.
        _close(folder.resolve())
        for parent, folders, names in os.walk(folder):
            for name in (*folders, *names):
                _close(Path(parent) / name)
    return was_open and not _is_open(folder.stat())


def open_private(path: Path) -> BinaryIO:
    """Open a file to add to it; where it is made now, nobody else can ever read it."""
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))


def make_private_file(path: Path) -> None:
    """Make an empty file that nobody else can ever read, unless there is one already.

    One that is there is not even opened: closing it again would take this process's locks of it away from SQLite.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _is_open(found: os.stat_result) -> bool:
    """Whether others have rights that are ours to take from them."""
    return found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode) and bool(found.st_mode & PRIVATE_UMASK)


def _can_be_closed(path: Path) -> bool:
    """The same for what may be gone by now, or lie where we may not look."""
    with suppress(OSError):
        return _is_open(path.lstat())
    return False


def _close(path: Path) -> None:
    """Take all rights from others; a link, somebody else's file, or a file system without rights stays as it is."""
    with suppress(OSError):
        if _can_be_closed(path):
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~PRIVATE_UMASK)

"""Keeping the packages on this machine within their room on disk."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

#: Folder of the locks, one a package; they are never removed, because others may be waiting at them.
LOCKS = ".locks"
#: What is on its way out lies here, so that no half of a package is ever seen.
_GOING = ".going"
#: Seconds for which a package that was asked for stays: another worker may be loading it.
RECENTLY = 600.0


def make_room(root: Path, most_bytes: float) -> None:
    """Remove the packages that were not used for longest until what is left fits, but none used just now."""
    packages = sorted(_packages(root))
    held = sum(size for _, _, size in packages)
    for used, package, size in packages:
        if held <= most_bytes or used > time.time() - RECENTLY:
            return
        if _remove(root, package):
            held -= size


def _packages(root: Path) -> Iterator[tuple[float, Path, int]]:
    """When each package was used last, where it lies, and its bytes; others may remove one while we look."""
    for package in root.iterdir():
        if not package.name.startswith("."):
            with suppress(FileNotFoundError):
                yield package.stat().st_mtime, package, sum(max(size_of(file), 0) for file in package.iterdir())


def size_of(path: Path) -> int:
    """A file's bytes; -1 where there is none, which no file has."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _remove(root: Path, package: Path) -> bool:
    """Remove a package unless another worker is at it."""
    with (root / LOCKS / package.name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        going = root / _GOING / uuid4().hex
        going.parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            package.rename(going)
    shutil.rmtree(going, ignore_errors=True)
    return True

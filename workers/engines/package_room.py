"""Keeps the packages on this machine within their room on disk."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

#: Folder of the locks, one per package; they are never removed, because others may be waiting for them.
LOCKS = ".locks"
#: Folder that packages are moved to before they are deleted, so that half a package is never seen.
_GOING = ".going"
#: Seconds for which a requested package is kept: another worker may be loading it.
RECENTLY = 600.0


def make_room(root: Path, most_bytes: float) -> None:
    """Remove the least recently used packages until the rest fits, but none that was used just now."""
    packages = sorted(_packages(root))
    held = sum(size for _, _, size in packages)
    for used, package, size in packages:
        if held <= most_bytes or used > time.time() - RECENTLY:
            return
        if _remove(root, package):
            held -= size


def _packages(root: Path) -> Iterator[tuple[float, Path, int]]:
    """The last use, folder and bytes of each package; others may remove one meanwhile."""
    for package in root.iterdir():
        if not package.name.startswith("."):
            with suppress(FileNotFoundError):
                yield package.stat().st_mtime, package, sum(max(size_of(file), 0) for file in package.iterdir())


def size_of(path: Path) -> int:
    """The size of a file in bytes, or -1 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _remove(root: Path, package: Path) -> bool:
    """Remove a package unless another worker is using it."""
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

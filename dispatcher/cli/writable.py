"""Whether a result can be written where it shall go: tried before all the work is done for it."""

import errno
import os
import stat
from pathlib import Path

from dispatcher.cli.sources import is_folder
from dispatcher.jobs.fetching import unfinished_beside

_ADVICE = "choose another place with -o"


class Places:
    """Remembers which folders were tried, so that a batch tries each of them once."""

    def __init__(self) -> None:
        self._tried: dict[Path, str | None] = {}

    def why_closed(self, result: Path) -> str | None:
        """Why no file can be made under this name, if none can."""
        folder = next(p for p in result.absolute().parents if os.path.lexists(p))
        if folder not in self._tried:
            self._tried[folder] = _why_closed(folder)
        why = self._tried[folder] or _why_unnameable(folder, result)
        return why and f"{result} cannot be written, because {why}; {_ADVICE}"


def why_irreplaceable(result: Path) -> str | None:
    """Why what lies there cannot be replaced by a file, if it is none."""
    try:
        mode = result.lstat().st_mode
    except OSError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
        return None
    what = "a folder" if stat.S_ISDIR(mode) else "a device, a pipe or a socket"
    return f"{result} is {what} and no result can take its place; {_ADVICE}"


def _why_closed(folder: Path) -> str | None:
    """Really make a file: neither rights nor kinds of disks tell it as surely."""
    if not is_folder(folder):
        return f"{folder} is no folder"
    tried = unfinished_beside(folder / "result")
    try:
        tried.touch(exist_ok=False)
        tried.unlink()
    except PermissionError:
        return f"we may not write to {folder}"
    except OSError as error:
        return f"no file can be made in {folder} ({error.strerror})"
    return None


def _why_unnameable(folder: Path, result: Path) -> str | None:
    """Ask the disk for what is still to be made: it knows how long its names may be, and answers without making it."""
    for name in result.absolute().relative_to(folder).parts:
        if _is_too_long(folder / name):
            return f"its name is too long for the disk ({len(os.fsencode(name))} bytes)"
    if _is_too_long(result) or _is_too_long(unfinished_beside(result)):
        return f"its path is too long for the system ({len(os.fsencode(result))} bytes)"
    return None


def _is_too_long(path: Path) -> bool:
    try:
        path.lstat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False

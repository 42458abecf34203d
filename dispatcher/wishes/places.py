"""Whether a file can be written at a place, tried before any work is done."""

import errno
import os
import stat
from pathlib import Path

from dispatcher.jobs.fetching import unfinished_beside
from dispatcher.wishes.sources import is_folder
from storage.errors import InputError
from storage.remedies import Act, Remedy

ELSEWHERE = Remedy(Act.PUT_ELSEWHERE)


class Places:
    """Remembers which folders were tried, so that a batch tries each only once."""

    def __init__(self) -> None:
        self._tried: dict[Path, str | None] = {}

    def why_closed(self, result: Path) -> InputError | None:
        """Why no file can be made under this name, if none can."""
        folder = next(p for p in result.absolute().parents if os.path.lexists(p))
        if folder not in self._tried:
            self._tried[folder] = _why_closed(folder)
        why = self._tried[folder] or _why_unnameable(folder, result)
        return InputError(f"{result} cannot be written, because {why}", ELSEWHERE) if why else None


def why_irreplaceable(result: Path) -> InputError | None:
    """Why what is there cannot be replaced by a file, if it is not one."""
    try:
        mode = result.lstat().st_mode
    except OSError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
        return None
    what = "a folder" if stat.S_ISDIR(mode) else "a device, a pipe or a socket"
    return InputError(f"{result} is {what} and no result can take its place", ELSEWHERE)


def _why_closed(folder: Path) -> str | None:
    """Really create a file: permissions and file systems do not tell as surely."""
    if not is_folder(folder):
        return f"{folder} is not a folder"
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
    """Ask the file system about a path that does not exist yet: it knows how long names may be, without creating it."""
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

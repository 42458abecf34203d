"""What is at a place, and whether a result can be written there, tried before any work is done."""

import errno
import os
import stat
from pathlib import Path

from dispatcher.jobs.fetching import fetch_result, fetch_to_bucket
from dispatcher.jobs.sacred import refuse_object, refuse_recording
from dispatcher.jobs.whole_file import unfinished_beside
from dispatcher.wishes.buckets import BucketPlaces
from dispatcher.wishes.sources import is_folder
from storage.audio.mark import mark_in
from storage.errors import InputError
from storage.objects.address import Address, Place
from storage.objects.reach import Reach
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.remedies import Act, Remedy
from storage.settings import Settings

ELSEWHERE = Remedy(Act.PUT_ELSEWHERE)


class Places:
    """Files of this machine and objects in buckets. Remembers which folders were tried, so that a batch tries each only
    once.
    """

    def __init__(self, reach: Reach | None = None) -> None:
        self._tried: dict[Path, str | None] = {}
        self._afar = BucketPlaces(reach or Reach(Settings()))

    @property
    def reach(self) -> Reach:
        """The servers that are known."""
        return self._afar.reach

    def look_over(self, folder: Place) -> None:
        """Prepare for being asked about many results in a folder."""
        if isinstance(folder, Address):
            self._afar.look_over(folder)

    def has_file(self, result: Place) -> bool:
        """Whether a file or an object has this name."""
        return self._afar.find(result) is not None if isinstance(result, Address) else result.is_file()

    def is_taken(self, result: Place) -> bool:
        """Whether anything has this name."""
        return self._afar.find(result) is not None if isinstance(result, Address) else os.path.lexists(result)

    def mark(self, result: Place) -> str | None:
        """The mark in what is there."""
        return self._afar.mark(result) if isinstance(result, Address) else mark_in(result)

    def why_irreplaceable(self, result: Place) -> InputError | None:
        """Why what is there cannot be replaced by a result, if so."""
        return None if isinstance(result, Address) else why_irreplaceable(result)

    def put(self, store: ObjectStore, job: JobRecord, result: Place, database: Database) -> None:
        """Copy a job's result there."""
        if isinstance(result, Address):
            fetch_to_bucket(store, job, result, database, self._afar.reach)
        else:
            fetch_result(store, job, result, database)

    def refuse_recording(self, database: Database, result: Place) -> None:
        """Refuse a result that would replace what a job was made of."""
        if not isinstance(result, Address):
            refuse_recording(database, result, ELSEWHERE)
        elif found := self._afar.find(result):
            refuse_object(database, self._afar.reach.bucket(result), found, result, ELSEWHERE)

    def why_closed(self, result: Place) -> InputError | None:
        """Why nothing can be written under this name, if so."""
        if isinstance(result, Address):
            why_not = self._afar.why_closed(result)
            return InputError(f"{result} cannot be written, because {why_not}", ELSEWHERE) if why_not else None
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

"""Files that no result may replace: the recordings of this run, and those that jobs were made of."""

import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import select

from dispatcher.jobs.hashing import hash_file
from storage.errors import InputError
from storage.records.database import Database
from storage.records.schema import JobRecord

#: What tells one file from all others: its number on its disk, or a way to it.
Identity = tuple[int, int] | str


def folded(path: str) -> str:
    """The name under which a disk that takes capital letters for small ones finds a file, however it was typed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def place_of(path: Path) -> str:
    """Where a file would be made under this name, in one spelling: its folder without links, and its name folded."""
    absolute = path.absolute()
    return folded(os.path.join(os.path.realpath(absolute.parent), absolute.name))  # noqa: PTH118 - realpath never raises


class Recordings:
    """The files of this run, whether they are there and can be read or not."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._known = {identity: path for path in paths for identity in _identities(path)}

    def at(self, result: Path) -> Path | None:
        """The recording that this is, if it is one: by another name, a link or a link's target as well."""
        return next((self._known[one] for one in _identities(result) if one in self._known), None)


def refuse_recording(database: Database, path: Path, advice: str) -> None:
    """Raise where a result would replace what a job was made of."""
    job = job_made_of(database, path)
    if job is not None:
        raise InputError(f"{path} is the recording that job {job} was made of, which no result replaces; {advice}")


def job_made_of(database: Database, path: Path) -> int | None:
    """The first job that was made of what this file holds."""
    size = _size(path)
    if size is None:
        return None
    with database.reading() as connection:
        jobs = connection.execute(
            select(JobRecord.source_hash, JobRecord.id).where(JobRecord.source_bytes == size).order_by(JobRecord.id)
        ).all()
    # Hashing takes long, and hardly ever has anything just this size.
    if not jobs:
        return None
    found = hash_file(path)
    return next((job for source_hash, job in jobs if source_hash == found), None)


def _identities(path: Path) -> Iterator[Identity]:
    for look in (path.lstat, path.stat):
        try:
            facts = look()
        except OSError:
            continue
        yield facts.st_dev, facts.st_ino
    yield place_of(path)
    yield folded(os.path.realpath(path))


def _size(path: Path) -> int | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None

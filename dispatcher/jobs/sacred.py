"""What no result may replace: the recordings of this run, and those that jobs were made of."""

import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from dispatcher.jobs.hashing import hash_file
from storage.errors import InputError
from storage.objects.address import Address, Place
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.remedies import Remedy

if TYPE_CHECKING:
    from storage.objects.bucket import Bucket, Found

#: What identifies a file: its number on its disk, or a path or address.
Identity = tuple[int, int] | str


def folded(path: str) -> str:
    """A path in the one spelling under which a case-insensitive disk finds it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def place_of(path: Place) -> str:
    """Where a file of this name would be created, in one spelling: its folder without links, its name folded."""
    if isinstance(path, Address):
        return path.url
    absolute = path.absolute()
    return folded(os.path.join(os.path.realpath(absolute.parent), absolute.name))  # noqa: PTH118 - realpath never raises


class Recordings:
    """The recordings of this run, whether or not they exist and can be read."""

    def __init__(self, paths: Iterable[Place]) -> None:
        self._known = {identity: path for path in paths for identity in _identities(path)}

    def at(self, result: Place) -> Place | None:
        """The recording that this is, if it is one, even by another name, a link or a link's target."""
        return next((self._known[one] for one in _identities(result) if one in self._known), None)


def refuse_recording(database: Database, path: Path, remedy: Remedy) -> None:
    """Refuse a result that would replace what a job was made of."""
    _refuse(job_made_of(database, path), path, remedy)


def refuse_object(database: Database, bucket: "Bucket", found: "Found", address: Address, remedy: Remedy) -> None:
    """The same for what lies in a bucket."""
    # Importing boto3 takes a third of a second, and most results stay on this machine.
    from storage.objects.carrying import hash_object

    _refuse(_first_job(database, found.size, lambda: hash_object(bucket, found)), address, remedy)


def job_made_of(database: Database, path: Path) -> int | None:
    """The first job that was made of this file's content."""
    size = _size(path)
    return None if size is None else _first_job(database, size, lambda: hash_file(path))


def _refuse(job: int | None, place: Place, remedy: Remedy) -> None:
    if job is not None:
        raise InputError(f"{place} is the recording that job {job} was made of, which no result replaces", remedy)


def _first_job(database: Database, size: int, hash_it: Callable[[], str]) -> int | None:
    with database.reading() as connection:
        jobs = connection.execute(
            select(JobRecord.source_hash, JobRecord.id).where(JobRecord.source_bytes == size).order_by(JobRecord.id)
        ).all()
    # Hashing takes long, and hardly any job's source has exactly this size.
    if not jobs:
        return None
    found = hash_it()
    return next((job for source_hash, job in jobs if source_hash == found), None)


def _identities(path: Place) -> Iterator[Identity]:
    if isinstance(path, Address):
        yield place_of(path)
        return
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

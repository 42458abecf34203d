"""Whether the records can be used; looking must not create or change them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from dispatcher.local.finding import Said
from storage.errors import MigrationNeeded
from storage.records.database import REVISION, Database
from storage.remedies import Act, Remedy
from storage.settings import Settings, redacted


def is_worker_only(settings: Settings) -> bool:
    """Whether this machine has only workers, which need no records: it has a broker but no database."""
    return not settings.is_embedded and not settings.database_url


def look(settings: Settings) -> Said:
    """Look up the revision."""
    if is_worker_only(settings):
        return Said("none is set, which is right for a machine that only has workers")
    if reason := unready(settings):
        return Said(reason, is_note=True)
    with opened(settings) as database:
        return Said(f"{redacted(settings.resolved_database_url)} is at revision {database.revision()}")


def unready(settings: Settings) -> str:
    """Why a private database cannot be read yet, though nothing is wrong with it; empty if it can."""
    if settings.database_url:
        return ""
    if _is_missing(settings.own_records):
        return "nothing is here yet, it is made when needed"
    database = Database(settings.resolved_database_url)
    try:
        found = database.revision()
    finally:
        database.close()
    if found is None or found < REVISION:
        return f"it is at revision {found or 'none'}, and will be upgraded to {REVISION} when it is used"
    return ""


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The records, at the right revision."""
    url = settings.resolved_database_url
    file = _sqlite_file(url)
    if file is not None and _is_missing(file):
        raise MigrationNeeded(f"the database {redacted(url)} is not there yet", Remedy(Act.UPGRADE_TABLES))
    database = Database(url)
    try:
        database.require_revision()
        yield database
    finally:
        database.close()


def _sqlite_file(url: str) -> Path | None:
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        return None
    return Path(parts.database) if parts.get_backend_name() == "sqlite" and parts.database else None


def _is_missing(file: Path) -> bool:
    return not file.exists() or file.stat().st_size == 0

"""Access to the SQL database: engines, transactions, and the check of its revision."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError, OperationalError

from storage.errors import DatabaseUnavailable, MigrationNeeded, NoSpace, ServiceError
from storage.remedies import Act, Remedy
from storage.settings import redacted

#: The newest revision in migrations/versions; a test compares the two.
REVISION = "0013"
#: Seconds to wait for SQLite's only writer: far longer than any transaction of the farm.
SQLITE_PATIENCE = 30
#: Arguments for PostgreSQL; the timeout is the seconds after which a server that does not answer counts as away.
POSTGRES_ARGUMENTS = {"connect_timeout": 5}
#: A number that only this program uses: whoever holds this lock in PostgreSQL hands out leases.
FEED_LOCK = 7_246_113_201
#: Execution option of a connection that will write.
WRITES = "voicefarm_writes"


class Database:
    """An engine and the two kinds of transaction that the farm makes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that changes nothing and never waits for a writer."""
        with _told(self.url), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end unless something is raised."""
        writing = self.engine.execution_options(**{WRITES: True})
        with _told(self.url), writing.begin() as connection:
            yield connection

    @contextmanager
    def deciding(self) -> Iterator[Connection]:
        """A writing transaction that only one dispatcher can have at a time."""
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": FEED_LOCK})
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A transaction that may rebuild tables; only one process can have it at a time."""
        with self._without_foreign_keys() if self.is_sqlite else self.deciding() as connection:
            yield connection

    @contextmanager
    def _without_foreign_keys(self) -> Iterator[Connection]:
        """A transaction in which SQLite may copy and drop a table without deleting the rows that refer to it."""
        writing = self.engine.execution_options(**{WRITES: True})
        with _told(self.url), writing.connect() as connection:
            driver: Any = connection.connection.driver_connection
            # SQLite ignores this pragma inside a transaction.
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.begin():
                    yield connection
            finally:
                driver.execute("PRAGMA foreign_keys=ON")

    def revision(self) -> str | None:
        """The revision of the database, or None if it is empty."""
        with self.reading() as connection:
            if not self.engine.dialect.has_table(connection, "alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()

    def require_revision(self) -> None:
        """Raise unless the tables are the ones that this program was written for."""
        found = self.revision()
        if found != REVISION:
            state = f"is at revision {found}" if found else "has no tables yet"
            sentence = f"the database {state}, but this program needs {REVISION}"
            if found and found > REVISION:
                raise MigrationNeeded(f"{sentence}; install the newer voicefarm with the same settings")
            raise MigrationNeeded(sentence, Remedy(Act.UPGRADE_TABLES))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parts = make_url(url)
        if parts.get_backend_name() == "sqlite":
            return _sqlite_engine(parts)
        if parts.get_backend_name() == "postgresql":
            return create_engine(
                parts, pool_size=8, max_overflow=8, pool_pre_ping=True, connect_args=POSTGRES_ARGUMENTS
            )
    except (ArgumentError, NoSuchModuleError, ValueError):
        # These errors quote the URL with its password, so they are not chained.
        pass
    except ImportError as error:
        raise DatabaseUnavailable(
            f"the database {redacted(url)} needs a driver that is not installed ({error});"
            " run `pip install 'voicefarm[postgres]'`"
        ) from error
    raise DatabaseUnavailable(
        f"VOICEFARM_DATABASE_URL is {redacted(url)}, which does not name a usable database;"
        " it must be postgresql://user:password@host/name or sqlite:////folder/file"
    )


def _sqlite_engine(url: URL) -> Engine:
    folder = Path(url.database or "").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            f"the folder {folder} of the database cannot be created ({error.strerror}); check its owner and rights"
        ) from error
    engine = create_engine(url, connect_args={"timeout": SQLITE_PATIENCE})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    # Transactions are begun in _begin_sqlite; the driver would begin them only at the first write.
    connection.isolation_level = None
    _use_wal(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _use_wal(connection: Any) -> None:
    # SQLite waits for others with everything else, but not when it changes the journal mode.
    end = time.monotonic() + SQLITE_PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock now: a read that turns into a write later cannot wait for the lock and would fail.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Turn a driver's error into a sentence."""
    try:
        yield
    except DBAPIError as error:
        if sentence := _sentence(error, url):
            raise sentence from error
        raise


def _sentence(error: DBAPIError, url: str) -> ServiceError | None:
    said = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
    place = redacted(url)
    if "disk is full" in said or "No space left" in said:
        return NoSpace(f"the disk of the database {place} is full; free some space", Remedy(Act.RETRY_JOBS))
    if "no such table" in said or ("does not exist" in said and "relation" in said):
        return MigrationNeeded(f"the database {place} lacks a table ({said})", Remedy(Act.UPGRADE_TABLES))
    # SQLite raises the bare class for a file that is broken or not a database.
    if isinstance(error, OperationalError) or type(error) is DatabaseError:
        return DatabaseUnavailable(
            f"the database {place} does not answer ({said}); check VOICEFARM_DATABASE_URL and that the server runs"
        )
    return None

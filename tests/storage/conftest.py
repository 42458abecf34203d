"""Databases for tests of the records."""

from collections.abc import Iterator

import pytest

from storage.records.database import Database


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """A database of either kind with all tables."""
    database = Database(migrated_url)
    yield database
    database.close()


@pytest.fixture
def postgres(migrated_postgres_url: str) -> Iterator[Database]:
    """PostgreSQL only, for what SQLite does not have."""
    database = Database(migrated_postgres_url)
    yield database
    database.close()

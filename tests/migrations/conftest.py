"""Databases without any tables."""

from collections.abc import Iterator

import pytest

from storage.records.database import Database


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    """An empty database of either kind."""
    database = Database(database_url)
    yield database
    database.close()

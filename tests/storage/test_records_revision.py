"""A program leaves a database of another revision alone."""

import pytest
from sqlalchemy import text

from storage.errors import MigrationNeeded
from storage.records.database import REVISION, Database
from tests.storage.rows import facts


def at_revision(database: Database, revision: str) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_the_right_revision_is_accepted(database: Database) -> None:
    assert database.revision() == REVISION
    database.require_revision()


def test_an_empty_database_asks_for_its_tables(database_url: str) -> None:
    database = Database(database_url)
    assert database.revision() is None
    with pytest.raises(
        MigrationNeeded, match=f"has no tables yet, but this program needs {REVISION}; upgrade the tables"
    ):
        database.require_revision()
    database.close()


def test_an_older_database_asks_for_the_upgrade(database: Database) -> None:
    at_revision(database, "0000")
    with pytest.raises(MigrationNeeded, match=r"is at revision 0000, but this program needs .*; upgrade the tables"):
        database.require_revision()


def test_a_newer_database_asks_for_a_newer_program(database: Database) -> None:
    at_revision(database, "9999")
    with pytest.raises(MigrationNeeded, match=r"is at revision 9999, .* install the newer voicefarm"):
        database.require_revision()


def test_a_missing_table_asks_for_the_upgrade(database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(MigrationNeeded, match=r"lacks a table .*; upgrade the tables"):
        facts(database)
    database.close()

"""Inspecting and filling tables of any revision."""

from collections.abc import Mapping
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, func, insert, inspect, select, text

from migrations import running
from storage.records.database import Database
from storage.records.notices import NoticeRecord

VERSION_TABLE = "alembic_version"


def revisions() -> list[str]:
    """All revisions, oldest first."""
    config = Config()
    config.set_main_option("script_location", running.__file__.rpartition("/")[0])
    return [script.revision for script in reversed(list(ScriptDirectory.from_config(config).walk_revisions()))]


def names(database: Database) -> set[str]:
    """The names of all tables except the one that holds the revision."""
    with database.reading() as connection:
        return set(inspect(connection).get_table_names()) - {VERSION_TABLE}


def fill(database: Database) -> None:
    """Add a row to every table that has none."""
    with database.writing() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if table.name != VERSION_TABLE and not connection.execute(select(func.count()).select_from(table)).scalar():
                connection.execute(insert(table).values({column.name: _value(column) for column in table.columns}))


def counts(database: Database) -> Mapping[str, int]:
    """How many rows every table has."""
    with database.reading() as connection:
        found = {name: text(f"SELECT count(*) FROM {name}") for name in inspect(connection).get_table_names()}
        return {name: connection.execute(q).scalar_one() for name, q in found.items() if name != VERSION_TABLE}


def differences(database: Database) -> list[Any]:
    """What would have to change for the tables to match the models."""
    # That class is in the last of the modules, which brings in all others.
    with database.reading() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), NoticeRecord.metadata))


def indexes(connection: Connection, kind: str) -> set[str]:
    """The definitions of all indexes, including the conditions of partial ones, which no comparison checks."""
    query = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": f"SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '{VERSION_TABLE}'",
    }[kind]
    return set(connection.execute(text(query)).scalars())


def _value(column: Column[Any]) -> Any:
    kind = column.type.python_type
    return {str: "a", int: 1, float: 0.5, bool: False, object: {"a": 1}}[kind]

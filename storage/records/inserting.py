"""Inserts rows that another process may be inserting at the same moment."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from storage.records.schema import Record


def insert_if_absent(connection: Connection, record: type[Record], **values: Any) -> None:
    """Insert a row unless one with its key is there already."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(insert(record).values(**values).on_conflict_do_nothing())

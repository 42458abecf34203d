"""Rows as values: a NamedTuple says which columns are read, so that the type checker knows every one of them."""

from importlib import import_module
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Executable

from storage.records.schema import Record

#: A NamedTuple whose fields have the names of columns.
Row = TypeVar("Row", bound=NamedTuple)


class AtomRow(NamedTuple):
    """An atom's job and number, and its positions in samples."""

    number: int
    start: int
    stop: int
    first: int
    last: int
    out_start: int
    out_stop: int


class MovedAtom(NamedTuple):
    """An atom after a change of its state."""

    number: int
    state: str
    start: int
    stop: int


def columns(row: type[NamedTuple], *records: type[Record]) -> list[ColumnElement[Any]]:
    """The columns for a row's fields, each from the first record that has it."""
    return [next(getattr(r, name) for r in records if hasattr(r, name)) for name in row._fields]


def read_rows(connection: Connection, row: type[Row], statement: Executable) -> list[Row]:
    """The rows that a statement over these columns finds or returns."""
    return [row._make(found) for found in connection.execute(statement)]


def read_row(connection: Connection, row: type[Row], statement: Executable) -> Row | None:
    """The one row that a statement finds or returns, if there is one."""
    found = connection.execute(statement).one_or_none()
    return None if found is None else row._make(found)


def insert_if_absent(connection: Connection, record: type[Record], **values: Any) -> None:
    """Insert a row unless one with its key is there already."""
    # The engine has imported its own kind of database; the other would take a while.
    dialect: Any = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    connection.execute(dialect.insert(record).values(**values).on_conflict_do_nothing())

"""The keys that workers sign with, kept in the records."""

import time

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from storage.errors import InputError
from storage.records.database import Database
from storage.records.rows import insert_if_absent
from storage.records.schema import WorkerKeyRecord
from storage.remedies import Act, Remedy
from storage.spelling import guessed
from workers.wire.routes import TAG
from workers.wire.signing import new_secret


def add_key(database: Database, name: str) -> str:
    """Make a key; returns the value for its machine's setting."""
    if not TAG.fullmatch(name):
        raise InputError(f"'{name}' cannot name a worker key; use small letters, digits, dots and hyphens")
    secret = new_secret()
    with database.writing() as connection:
        insert_if_absent(connection, WorkerKeyRecord, name=name, secret=secret, created_at=time.time())
        kept = connection.execute(select(WorkerKeyRecord.secret).where(WorkerKeyRecord.name == name)).scalar_one()
    if kept != secret:
        raise InputError(f"there is a worker key '{name}' already; choose another name, or remove that one first")
    return f"{name}:{secret}"


def all_keys(database: Database) -> list[WorkerKeyRecord]:
    """Every key, by name."""
    with database.reading() as connection, Session(connection, expire_on_commit=False) as session:
        keys = list(session.scalars(select(WorkerKeyRecord).order_by(WorkerKeyRecord.name)))
        session.expunge_all()
        return keys


def remove_key(database: Database, name: str) -> int:
    """Remove a key; returns how many are left."""
    with database.writing() as connection:
        gone = connection.execute(delete(WorkerKeyRecord).where(WorkerKeyRecord.name == name))
        if gone.rowcount != 1:
            known = connection.execute(select(WorkerKeyRecord.name)).scalars()
            raise InputError(guessed(f"there is no worker key '{name}'", name, known), Remedy(Act.LIST_WORKER_KEYS))
        return int(connection.execute(select(func.count()).select_from(WorkerKeyRecord)).scalar_one())

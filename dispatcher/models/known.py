"""The models that the farm has: content encoders and pitch models, each under one name."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from dispatcher.models.naming import model_name
from storage.errors import InputError
from storage.records.database import Database
from storage.records.inserting import insert_if_absent
from storage.records.schema import ModelRecord


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model as people see it."""

    name: str
    kind: str
    content_hash: str
    facts: Mapping[str, Any]


def all_models(database: Database) -> list[KnownModel]:
    """Every model, by name."""
    with database.reading() as connection:
        rows = connection.execute(select(ModelRecord).order_by(ModelRecord.name)).all()
    return [KnownModel(r.name, r.kind, r.content_hash, r.facts) for r in rows]


def find_model(database: Database, name: str) -> KnownModel | None:
    """The model of this name, however it is spelt, or None."""
    wanted = model_name(name)
    return next((model for model in all_models(database) if model.name == wanted), None)


def record_model(database: Database, model: KnownModel) -> bool:
    """Write a model down; False where it was there already. Another one under its name is refused."""
    with database.writing() as connection:
        insert_if_absent(
            connection, ModelRecord, name=model.name, kind=model.kind, content_hash=model.content_hash,
            facts=dict(model.facts), created_at=(now := time.time()),
        )  # fmt: skip
        there = connection.execute(select(ModelRecord).where(ModelRecord.name == model.name)).one()
    if there.content_hash != model.content_hash:
        raise InputError(
            f"there is another model '{model.name}' already; remove that one first, or choose another --name"
        )
    return bool(there.created_at == now)


def forget_model(database: Database, name: str) -> KnownModel:
    """Take a model off the records."""
    model = find_model(database, name)
    if model is None:
        raise InputError(f"there is no model '{name}'; `voicefarm model list` shows those there are")
    with database.writing() as connection:
        connection.execute(delete(ModelRecord).where(ModelRecord.name == model.name))
    return model

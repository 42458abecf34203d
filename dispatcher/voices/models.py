"""The models that the farm has, such as content encoders, each under one name, and what needs their packages."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from dispatcher.voices.packages import delete_package
from storage.errors import InputError
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.rows import insert_if_absent
from storage.records.schema import JobRecord, ModelRecord, VoiceRecord
from storage.records.states import OPEN_JOBS
from storage.remedies import Act, Remedy
from storage.spelling import guessed
from workers.engines import catalog


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model as people see it."""

    name: str
    kind: str
    content_hash: str
    facts: Mapping[str, Any]

    @property
    def called(self) -> str:
        """What people call models of its kind."""
        return called(self.kind)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {"name": self.name, "kind": self.kind, "package": self.content_hash, "facts": dict(self.facts)}


def called(kind: str) -> str:
    """What people call models of a kind."""
    return catalog.engine_of_files()[1].model_kinds.get(kind, kind)


def all_models(database: Database) -> list[KnownModel]:
    """Every model, by name."""
    with database.reading() as connection:
        rows = connection.execute(select(ModelRecord).order_by(ModelRecord.name)).all()
    return [KnownModel(r.name, r.kind, r.content_hash, r.facts) for r in rows]


def find_model(database: Database, name: str) -> KnownModel | None:
    """The model of this name, in any of its spellings, or None."""
    wanted = catalog.engine_of_files()[1].model_name(name)
    return next((model for model in all_models(database) if model.name == wanted), None)


def record_model(database: Database, model: KnownModel) -> bool:
    """Record a model; False if it was there already. Another one under the same name is refused."""
    with database.writing() as connection:
        insert_if_absent(
            connection, ModelRecord, name=model.name, kind=model.kind, content_hash=model.content_hash,
            facts=dict(model.facts), created_at=(now := time.time()),
        )  # fmt: skip
        there = connection.execute(select(ModelRecord).where(ModelRecord.name == model.name)).one()
    if there.content_hash != model.content_hash:
        raise InputError(
            f"there is another model '{model.name}' already", Remedy(Act.REMOVE_MODEL, model.name),
            Remedy(Act.NAME_MODEL),
        )  # fmt: skip
    return bool(there.created_at == now)


def remove_model(database: Database, open_store: Callable[[], ObjectStore], name: str) -> KnownModel:
    """Remove a model, and its package unless something else needs it; refused while an open job does."""
    model = find_model(database, name)
    if model is None:
        known = [other.name for other in all_models(database)]
        raise InputError(guessed(f"there is no model '{name}'", name, known), Remedy(Act.LIST_MODELS))
    refuse_if_in_use(database, model.content_hash, f"the model '{model.name}'")
    with database.writing() as connection:
        connection.execute(delete(ModelRecord).where(ModelRecord.name == model.name))
    delete_if_unused(database, open_store(), model.content_hash)
    return model


def refuse_if_in_use(database: Database, content_hash: str, what: str) -> None:
    """Raise an InputError while an open job needs the package."""
    with database.reading() as connection:
        rows = connection.execute(
            select(JobRecord.id, JobRecord.recipe).where(JobRecord.state.in_(OPEN_JOBS)).order_by(JobRecord.id)
        ).all()
    job = next((row.id for row in rows if content_hash in row.recipe.values()), None)
    if job is not None:
        raise InputError(f"{what} is needed by job {job}; wait until it is over", Remedy(Act.CANCEL_JOB, str(job)))


def delete_if_unused(database: Database, store: ObjectStore, content_hash: str) -> bool:
    """Remove the package from the object store unless a voice or a model still uses it; returns whether it did."""
    with database.reading() as connection:
        models = set(connection.execute(select(ModelRecord.content_hash)).scalars())
        recipes = list(connection.execute(select(VoiceRecord.recipe)).scalars())
    if content_hash in models or any(content_hash in recipe.values() for recipe in recipes):
        return False
    delete_package(store, content_hash)
    return True

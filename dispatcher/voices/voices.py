"""The voices that jobs may name: built in, or added by somebody."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from storage.errors import InputError, UnknownVoice
from storage.keys import digest
from storage.records.database import Database
from storage.records.rows import insert_if_absent
from storage.records.schema import VoiceRecord
from storage.remedies import Act, Remedy
from storage.spelling import guessed
from workers.engines import catalog
from workers.wire.routes import TAG

#: The field of a recipe that holds the voice's own settings; engines do not know it.
DEFAULTS = "defaults"


@dataclass(frozen=True, slots=True)
class KnownVoice:
    """A voice as people see it."""

    name: str
    engine: str
    recipe: Mapping[str, Any]
    rate: int
    built_in: bool

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Settings that this voice has unless a job says otherwise."""
        return self.recipe.get(DEFAULTS) or {}

    @property
    def called(self) -> str:
        """What people call a voice of its kind."""
        return catalog.engine(self.engine).called(self.recipe)

    @property
    def shown(self) -> tuple[tuple[str, object], ...]:
        """Its recipe as names and values."""
        own = {field: value for field, value in self.recipe.items() if field != DEFAULTS}
        return catalog.engine(self.engine).shown(own)

    @property
    def told_defaults(self) -> Mapping[str, Any]:
        """The same under the names that people use."""
        return catalog.engine(self.engine).in_common_words(self.defaults)

    def to_json(self) -> dict[str, Any]:
        """For programs, under the names and in the units that people use; what is stored keeps its own."""
        told = catalog.engine(self.engine).told_recipe(self.recipe)
        return {
            "name": self.name,
            "engine": self.engine,
            "rate": self.rate,
            "built_in": self.built_in,
            "recipe": {**told, DEFAULTS: self.told_defaults} if self.defaults else told,
        }


def all_voices(database: Database) -> list[KnownVoice]:
    """Every voice, the built-in ones first."""
    built_in = [
        KnownVoice(name, engine, recipe, catalog.engine(engine).rate_out(recipe), built_in=True)
        for name, (engine, recipe) in catalog.built_in_voices().items()
    ]
    with database.reading() as connection:
        rows = connection.execute(select(VoiceRecord).order_by(VoiceRecord.name)).all()
    return built_in + [KnownVoice(r.name, r.engine, r.recipe, r.rate_out, built_in=False) for r in rows]


def find_voice(database: Database, name: str) -> KnownVoice:
    """The voice of this name, or UnknownVoice with similar names."""
    voices = {voice.name: voice for voice in all_voices(database)}
    if name not in voices:
        raise UnknownVoice(guessed(f"there is no voice '{name}'", name, voices), Remedy(Act.LIST_VOICES))
    return voices[name]


def check_new_name(database: Database, name: str) -> None:
    """Refuse a name that is invalid or taken."""
    if not TAG.fullmatch(name):
        raise InputError(f"'{name}' cannot name a voice; use small letters, digits, dots and hyphens")
    if any(voice.name == name for voice in all_voices(database)):
        raise InputError(f"there is a voice '{name}' already; choose another name, or remove that one first")


def add_voice(database: Database, name: str, engine: str, recipe: Mapping[str, Any]) -> KnownVoice:
    """Keep a new voice; a name that is taken is refused."""
    check_new_name(database, name)
    own = {field: value for field, value in recipe.items() if field != DEFAULTS}
    aside = {DEFAULTS: recipe[DEFAULTS]} if recipe.get(DEFAULTS) else {}
    complete = {**catalog.engine(engine).checked_recipe(own), **aside}
    rate = catalog.engine(engine).rate_out(complete)
    with database.writing() as connection:
        insert_if_absent(
            connection, VoiceRecord, name=name, engine=engine, recipe=complete, rate_out=rate,
            content_hash=digest({"engine": engine, "recipe": heard(engine, complete)}), created_at=time.time(),
        )  # fmt: skip
    return KnownVoice(name, engine, complete, rate, built_in=False)


def heard(engine: str, recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a recipe that determines how the voice sounds; the rest must not make another result."""
    unheard = catalog.engine(engine).unheard | {DEFAULTS}
    return {field: value for field, value in recipe.items() if field not in unheard}


def forget_voice(database: Database, name: str) -> KnownVoice:
    """Remove an added voice; jobs that use it carry its recipe with them."""
    voice = find_voice(database, name)
    if voice.built_in:
        raise InputError(f"the voice '{name}' is built in and cannot be removed")
    with database.writing() as connection:
        connection.execute(delete(VoiceRecord).where(VoiceRecord.name == name))
    return voice


def job_settings(voice: KnownVoice, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Settings complete and valid, or an InputError."""
    engine = catalog.engine(voice.engine)
    return engine.checked_settings({**voice.defaults, **engine.in_own_words(voice.recipe, asked)})


def checked_presets(engine_name: str, recipe: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Settings to keep with a voice: only those given, each of them valid."""
    engine = catalog.engine(engine_name)
    presets = engine.in_own_words(recipe, asked)
    engine.checked_settings(presets)
    return presets

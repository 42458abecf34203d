"""The voices that jobs may name: built in, or added by somebody."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sqlalchemy import delete, select

from storage.errors import InputError, UnknownVoice
from storage.keys import digest
from storage.records.database import Database
from storage.records.inserting import insert_if_absent
from storage.records.schema import VoiceRecord
from workers.capability import TAG
from workers.engines import catalog

#: What a recipe holds beside what its engine knows: the voice's own settings, and how many vectors it retrieves from.
ASIDE = frozenset({"defaults", "vectors"})
#: What of a recipe no sample depends on, so that jobs go without: it must make no other result of the same.
UNHEARD = ASIDE | {"speaker_names"}


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
        return self.recipe.get("defaults") or {}


def all_voices(database: Database) -> list[KnownVoice]:
    """Every voice, the built-in ones first."""
    built_in = [
        KnownVoice(name, engine, recipe, catalog.rate_out(engine, recipe), built_in=True)
        for name, (engine, recipe) in catalog.built_in_voices().items()
    ]
    with database.reading() as connection:
        rows = connection.execute(select(VoiceRecord).order_by(VoiceRecord.name)).all()
    return built_in + [KnownVoice(r.name, r.engine, r.recipe, r.rate_out, built_in=False) for r in rows]


def find_voice(database: Database, name: str) -> KnownVoice:
    """The voice of this name, or UnknownVoice with the nearest names."""
    voices = {voice.name: voice for voice in all_voices(database)}
    if name not in voices:
        close = get_close_matches(name, voices, n=3)
        advice = f"did you mean {' or '.join(close)}?" if close else "`voicefarm voice list` shows those there are"
        raise UnknownVoice(f"there is no voice '{name}'; {advice}")
    return voices[name]


def check_new_name(database: Database, name: str) -> None:
    """Refuse a name that cannot be, or that is taken."""
    if not TAG.fullmatch(name):
        raise InputError(f"'{name}' cannot name a voice; use small letters, digits, dots and hyphens")
    if any(voice.name == name for voice in all_voices(database)):
        raise InputError(f"there is a voice '{name}' already; choose another name, or remove that one first")


def add_voice(database: Database, name: str, engine: str, recipe: Mapping[str, Any]) -> KnownVoice:
    """Keep a new voice; a name that is taken is refused."""
    check_new_name(database, name)
    aside = {field: recipe[field] for field in ASIDE if recipe.get(field)}
    own = catalog.checked_recipe(engine, {field: value for field, value in recipe.items() if field not in ASIDE})
    complete = {**own, **aside}
    rate = catalog.rate_out(engine, complete)
    with database.writing() as connection:
        insert_if_absent(
            connection, VoiceRecord, name=name, engine=engine, recipe=complete, rate_out=rate,
            content_hash=digest({"engine": engine, "recipe": heard(complete)}), created_at=time.time(),
        )  # fmt: skip
    return KnownVoice(name, engine, complete, rate, built_in=False)


def heard(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What of a recipe determines how the voice sounds."""
    return {field: value for field, value in recipe.items() if field not in UNHEARD}


def remove_voice(database: Database, name: str) -> KnownVoice:
    """Forget a voice that was added; jobs that use it have its recipe with them."""
    voice = find_voice(database, name)
    if voice.built_in:
        raise InputError(f"the voice '{name}' is built in and cannot be removed")
    with database.writing() as connection:
        connection.execute(delete(VoiceRecord).where(VoiceRecord.name == name))
    return voice

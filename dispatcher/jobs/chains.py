"""Chains of effects under names."""

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert, select

from storage.errors import InputError
from storage.records.chains import ChainRecord
from storage.records.database import Database
from storage.spelling import guessed

#: What a chain may be called, so that nobody takes it for an effect with settings.
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def named_chains(database: Database) -> Mapping[str, str]:
    """Every named chain's text, by its name."""
    with database.reading() as connection:
        rows = connection.execute(select(ChainRecord.name, ChainRecord.text).order_by(ChainRecord.name))
        return {row.name: row.text for row in rows}


def add_chain(database: Database, name: str, text: str, now: float) -> str:
    """Give a chain a name, which may have had another; returns it as it is kept, written out in full."""
    # Only whoever names chains needs this import.
    from workers.effects.catalog import BY_NAME
    from workers.effects.grammar import read_chain

    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot be a chain's name; use up to 40 small letters, digits, - and _")
    if name in BY_NAME:
        raise InputError(f"{name!r} is the name of an effect; choose another one")
    chain = read_chain(text, named_chains(database))
    if not chain:
        raise InputError(f"the chain {name!r} would hold no effect; write some, such as 'highpass 80 | limit -1'")
    with database.writing() as connection:
        connection.execute(delete(ChainRecord).where(ChainRecord.name == name))
        connection.execute(insert(ChainRecord), [{"name": name, "text": chain.text, "created_at": now}])
    return chain.text


def remove_chains(database: Database, names: Sequence[str]) -> None:
    """Forget names; jobs that were handed in with them keep their effects."""
    known = named_chains(database)
    for name in names:
        if name not in known:
            raise InputError(guessed(f"there is no chain {name!r}", name, known))
    with database.writing() as connection:
        connection.execute(delete(ChainRecord).where(ChainRecord.name.in_(names)))

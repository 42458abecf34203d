"""The tags that a job may require: a misspelt one is an error at once, not a job that waits for ever."""

from collections.abc import Iterable

from sqlalchemy import select

from storage.errors import UnknownTag
from storage.records.column_values import names_in
from storage.records.database import Database
from storage.records.schema import WorkerRecord
from storage.settings import Settings
from storage.spelling import did_you_mean
from workers.wire.routes import CAPABILITIES


def check_tags(database: Database, settings: Settings, required: Iterable[str]) -> None:
    """Refuse tags that no worker ever offered and no setting announces."""
    known = known_tags(database, settings)
    for tag in required:
        if tag not in known:
            advice = did_you_mean(tag, known) or f"known are {', '.join(sorted(known))};"
            raise UnknownTag(
                f"no worker has ever offered '{tag}'; {advice}"
                " a tag of workers to come can be announced in VOICEFARM_TAGS"
            )


def known_tags(database: Database, settings: Settings) -> set[str]:
    """Capabilities, announced tags, and all that any worker ever offered."""
    with database.reading() as connection:
        offered = connection.execute(select(WorkerRecord.offers)).scalars()
        return {*CAPABILITIES, *settings.tag_set, *(tag for offers in offered for tag in names_in(offers))}

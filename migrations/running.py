"""Moves the database between revisions, both for people who run one and for farms that keep their own."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from storage.errors import MigrationNeeded
from storage.records.database import Database


def upgrade(database: Database, revision: str = "head") -> None:
    """Upgrade to a revision, keeping all data."""
    _run(database, "upgrade", revision)


def downgrade(database: Database, revision: str) -> None:
    """Downgrade to a revision; what only newer tables hold is lost."""
    _run(database, "downgrade", revision)


def _run(database: Database, direction: str, revision: str) -> None:
    config = Config()
    # Alembic's configuration parser would interpret a single percent sign.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with database.migrating() as connection:
        config.attributes["connection"] = connection
        try:
            getattr(command, direction)(config, revision)
        except CommandError as error:
            raise MigrationNeeded(
                f"the database cannot {direction} to '{revision}' ({error});"
                " it is not in migrations/versions: if a newer voicefarm made this database, install that version"
            ) from error

"""Moving the database between revisions, for whoever keeps one and for farms that keep their own."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from storage.errors import MigrationNeeded
from storage.records.database import Database


def upgrade(database: Database, revision: str = "head") -> None:
    """Go up to a revision, keeping all data."""
    _run(database, "upgrade", revision)


def downgrade(database: Database, revision: str) -> None:
    """Go down to a revision; what only newer tables hold is lost."""
    _run(database, "downgrade", revision)


def _run(database: Database, direction: str, revision: str) -> None:
    config = Config()
    # Percent signs mean something to the parser behind it.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with database.migrating() as connection:
        config.attributes["connection"] = connection
        try:
            getattr(command, direction)(config, revision)
        except CommandError as error:
            raise MigrationNeeded(
                f"the database cannot {direction} to '{revision}' ({error});"
                " it is not in migrations/versions: install the newer voicefarm if that is where the database is from"
            ) from error

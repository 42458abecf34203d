"""Moving the database between revisions; what `voicefarm db` and the embedded farm call."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from storage.records.database import Database


def upgrade(database: Database, revision: str = "head") -> None:
    """Go up to a revision, keeping all data."""
    _run(database, "upgrade", revision)


def downgrade(database: Database, revision: str) -> None:
    """Go down to a revision; what only newer tables hold is lost."""
    _run(database, "downgrade", revision)


def _run(database: Database, direction: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        getattr(command, direction)(config, revision)

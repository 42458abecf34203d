"""db: the records' tables."""

import click

from dispatcher.cli.saying import say
from dispatcher.cli.usage import Commands
from dispatcher.local.private_state import open_state
from storage.errors import MigrationNeeded
from storage.private import make_private_file
from storage.records.database import Database
from storage.remedies import Act, Remedy
from storage.settings import Settings


@click.group("db", cls=Commands)
def db_command() -> None:
    """Bring the database to the revision that this program needs, or look at it."""


@db_command.command("upgrade")
@click.option("--revision", default="head", show_default=True, help="How far up; `head` is the newest.")
def upgrade_command(revision: str) -> None:
    """Go up, keeping all data."""
    from migrations.running import upgrade

    settings = Settings.load()
    if not settings.database_url:
        open_state(settings)
        make_private_file(settings.own_records)
    database = Database(settings.resolved_database_url)
    upgrade(database, revision)
    say(f"the database is at revision {database.revision()}")


@db_command.command("downgrade")
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
def downgrade_command(revision: str, *, yes: bool) -> None:
    """Go down to a revision, or to `base`; what only newer tables hold is lost."""
    from migrations.running import downgrade

    if not yes:
        click.confirm(f"go down to {revision} and lose what only newer tables hold?", abort=True)
    database = _database()
    downgrade(database, revision)
    say(f"the database is at revision {database.revision() or 'base'}")


@db_command.command("check")
def check_command() -> None:
    """Say whether the database is at the right revision; exit status 0 only if it is."""
    database = _database()
    database.require_revision()
    say(f"the database is at revision {database.revision()}, as it should be")


def _database() -> Database:
    """The database as it is; looking does not create one."""
    settings = Settings.load()
    if not settings.database_url and not settings.own_records.exists():
        raise MigrationNeeded(f"there is no {settings.own_records} yet", Remedy(Act.UPGRADE_TABLES))
    return Database(settings.resolved_database_url)

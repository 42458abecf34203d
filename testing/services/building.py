"""Settings and migrated databases for tests."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from migrations.running import upgrade
from storage.records.database import Database
from storage.settings import Settings
from testing.services.redis import RedisServer


def embedded_settings(folder: Path, **fields: Any) -> Settings:
    """A farm that keeps everything below a folder, unless told otherwise."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return replace(Settings(state=str(folder / "state"), scratch=str(scratch)), **fields)


def server_settings(settings: Settings, redis: RedisServer, database_url: str, objects: Mapping[str, Any]) -> Settings:
    """The same with servers for all that can be one."""
    return replace(settings, broker_url=redis.url, database_url=database_url, **objects)


def migrate(url: str) -> None:
    """Make all tables."""
    database = Database(url)
    upgrade(database)
    database.close()


def migrated_sqlite(folder: Path) -> Path:
    """A file to copy: a database with all tables and no rows."""
    path = folder / "records.sqlite3"
    migrate(f"sqlite:///{path}")
    return path

"""Settings and databases with tables, for tests."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from migrations.running import upgrade
from storage.records.database import Database
from storage.settings import Settings
from testing.services.redis import RedisServer


def embedded_settings(folder: Path, **fields: Any) -> Settings:
    """Settings of a farm that keeps everything below a folder, unless the fields say otherwise."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    return replace(Settings(state=str(folder / "state"), scratch=str(scratch)), **fields)


def server_settings(settings: Settings, redis: RedisServer, database_url: str, objects: Mapping[str, Any]) -> Settings:
    """The same settings with servers for everything that can be one."""
    return replace(settings, broker_url=redis.url, database_url=database_url, **objects)


def migrate(url: str) -> None:
    """Create all tables."""
    database = Database(url)
    upgrade(database)
    database.close()


def migrated_sqlite(folder: Path) -> Path:
    """A database file with all tables and no rows."""
    path = folder / "records.sqlite3"
    migrate(f"sqlite:///{path}")
    return path

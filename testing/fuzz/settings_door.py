"""Settings from a file and from the environment: misspelt, of the wrong type, or not even TOML."""

import json
from dataclasses import fields
from pathlib import Path
from random import Random
from typing import Any

from storage.errors import SettingsError
from storage.settings import ENV_PREFIX, Settings
from testing.fuzz.damage import damaged
from testing.fuzz.door import Door, Seeds
from testing.fuzz.oddities import odd, odd_number, odd_text

_SECRET = "c0rrect-horse"
_FILE = f"""# The farm of the house.
broker_url = "rediss://:{_SECRET}@farm:6379/0"
database_url = "postgresql://farm:{_SECRET}@farm/voicefarm"
objects_url = "s3://recordings/farm"
objects_access_key = "GK31"
objects_secret_key = "{_SECRET}"
workers = 2
tags = ["studio-a", "fast"]
lease_seconds = 20.0
flower_password = "{_SECRET}"
"""
_NAMES = [field.name for field in fields(Settings)]


def seeds() -> dict[str, bytes]:
    """One good file."""
    return {"voicefarm": _written(_FILE.encode(), {"VOICEFARM_WORKERS": "3"})}


def make(random: Random, seeds: Seeds) -> bytes:
    """A file with changed lines or damaged bytes, and some variables, together in one JSON."""
    file = json.loads(seeds["voicefarm"])["file"].encode("latin-1")
    if random.random() < 0.5:
        file = _with_lines(file, random)
    if random.random() < 0.3:
        file = damaged(file, random)
    environ = {_variable(random): _text(random) for _ in range(random.choice((0, 0, 1, 1, 2, 4)))}
    return _written(file, environ)


def _written(file: bytes, environ: dict[str, str]) -> bytes:
    return json.dumps({"file": file.decode("latin-1"), "environ": environ}).encode()


def read(content: bytes, folder: Path) -> object:
    """Load the settings, ask for everything, and check that nothing secret is shown."""
    said = json.loads(content)
    place = folder / "voicefarm.toml"
    place.write_bytes(said["file"].encode("latin-1"))
    settings = Settings.load({**said["environ"], f"{ENV_PREFIX}CONFIG": str(place)})
    assert not [name for name, text in settings.shown().items() if _SECRET in text], "a secret is shown"
    _ask_everything(settings)
    again = Settings.load({**settings.as_environment(), f"{ENV_PREFIX}CONFIG": str(_empty(folder))})
    assert again == settings, "a child process would have other settings"
    return settings


def _ask_everything(settings: Settings) -> None:
    assert settings.state_folder.is_absolute()
    assert settings.scratch_folder
    assert settings.socket_path
    assert settings.resolved_broker_url
    assert settings.resolved_database_url
    assert settings.resolved_objects_url
    assert isinstance(settings.tag_set, frozenset)


def _empty(folder: Path) -> Path:
    (folder / "empty.toml").touch()
    return folder / "empty.toml"


def _with_lines(file: bytes, random: Random) -> bytes:
    lines = file.decode().splitlines()
    for _ in range(random.choice((1, 1, 2, 3))):
        line = f"{random.choice(_NAMES)} = {_toml(odd(random))}"
        if random.random() < 0.3:
            line = random.choice(
                (f"[{odd_text(random)}]", "workers.many = 2", "[workers]", "[[tags]]", odd_text(random))
            )
        lines[random.randrange(len(lines))] = line
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _toml(value: Any) -> str:
    """The value in TOML, as far as TOML can express it."""
    written = json.dumps(value)[:2_000]
    return {"null": '""', "NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}.get(written, written)


def _variable(random: Random) -> str:
    name = random.choice(_NAMES).upper()
    if random.random() < 0.05:
        name = name[:-1]
    return ENV_PREFIX + name


def _text(random: Random) -> str:
    """Any text that an environment can hold: no zeros, and bytes that are not UTF-8 as surrogates."""
    text = str(odd_number(random)) if random.random() < 0.5 else odd_text(random)
    return text.replace("\0", "")[:2_000]


DOOR = Door("settings", seeds, make, read, SettingsError, (_SECRET,))

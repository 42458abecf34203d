"""Writes a settings file, which holds secrets, so that only its owner can read it."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from storage.errors import SettingsError
from storage.settings_sources import ENV_PREFIX


def usual_place(environ: Mapping[str, str]) -> Path:
    """Where the settings of this user are, unless a working folder has its own."""
    named = environ.get(ENV_PREFIX + "CONFIG")
    return Path(named) if named else Path("~/.config/voicefarm/voicefarm.toml").expanduser()


def as_toml(values: Mapping[str, str]) -> str:
    """Texts by name, as lines of TOML."""
    # JSON escapes quotes and control characters as TOML wants it, except for one.
    return "".join(
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n".replace("\x7f", "\\u007f")
        for name, value in values.items()
    )


def write_settings(path: Path, values: Mapping[str, str]) -> None:
    """Write the file, whole or not at all, and never readable by others."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        text = as_toml(values).encode()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(text)
        unfinished.replace(path)
    except (OSError, UnicodeEncodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "a value is not valid text"
        raise SettingsError(f"{path} cannot be written ({why}); check its folder's rights, or name another") from error
    finally:
        # Below a file that was taken for a folder, even looking fails.
        with suppress(OSError):
            unfinished.unlink()

"""Reads settings from their sources, and refuses what is wrong there."""

import math
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from storage.answers import answer_in
from storage.errors import SettingsError
from storage.spelling import did_you_mean

ENV_PREFIX = "VOICEFARM_"
#: Characters of a wrong value that an error repeats.
LONGEST_QUOTE = 100
#: Variables in which a hook's command, which may well call `voicefarm`, finds what happened.
OF_HOOKS = ("VOICEFARM_EVENT", "VOICEFARM_EVENT_ID", "VOICEFARM_JOB", "VOICEFARM_BATCH")
#: Variables of this program that are not settings: the settings file, whether tracebacks are shown, the parent of a
#: child process, whether an engine may compile, and those of hooks.
NO_SETTINGS = frozenset({"VOICEFARM_CONFIG", "VOICEFARM_DEBUG", "VOICEFARM_PARENT", "VOICEFARM_COMPILE", *OF_HOOKS})


def read_file(environ: Mapping[str, str], known: Collection[str]) -> dict[str, Any]:
    """The settings in the file; none if there is no file."""
    named = environ.get(ENV_PREFIX + "CONFIG")
    places = [Path(named)] if named else [Path("voicefarm.toml"), _home() / ".config/voicefarm/voicefarm.toml"]
    for place in places:
        try:
            given = tomllib.loads(place.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            # It is not text, not TOML, or has a number with thousands of digits.
            raise SettingsError(f"{place} cannot be read ({error}); correct it or move it away") from error
        _refuse_unknown_names(given, known, place)
        return given
    if named:
        raise SettingsError(f"VOICEFARM_CONFIG names {named}, which does not exist; correct or unset it")
    return {}


def read_environment(environ: Mapping[str, str], known: Collection[str]) -> dict[str, str]:
    """The settings in the environment."""
    variables = {ENV_PREFIX + name.upper(): name for name in known}
    for variable in environ:
        if variable.startswith(ENV_PREFIX) and variable not in variables and variable not in NO_SETTINGS:
            raise SettingsError(
                f"the environment has {variable}, which is not a setting;"
                f" {_meant(variable, {*variables, *NO_SETTINGS})}correct or unset it (see docs/settings.md)"
            )
    return {name: environ[variable] for variable, name in variables.items() if variable in environ}


def as_kind(name: str, value: object, default: object) -> Any:
    """The value as its default's type; numbers must not be negative."""
    texts = isinstance(value, list) and isinstance(default, str) and all(isinstance(v, str) for v in value)
    if isinstance(value, dict) or (isinstance(value, list) and not texts):
        # The value is not quoted: it may hold secrets that slipped below a heading.
        raise SettingsError(f"setting {name} is a table or a list, but must be a single value; see docs/settings.md")
    if isinstance(default, str):
        return ",".join(value) if isinstance(value, list) else str(value)
    if isinstance(default, bool):
        return _as_answer(name, value)
    try:
        number = int(str(value)) if isinstance(default, int) else float(str(value))
        bounded = math.isfinite(number)
    except OverflowError:
        bounded = False
    except ValueError as error:
        raise SettingsError(
            f"setting {name} is {_quoted(value)}, which is not a number; give one such as {default}"
        ) from error
    if not bounded:
        raise SettingsError(f"setting {name} is {_quoted(value)}, which is not finite; give a number such as {default}")
    if number < 0:
        raise SettingsError(f"setting {name} is {number}, but must not be negative; give one such as {default}")
    return number


def refuse_other_words(name: str, value: str, words: Collection[str]) -> None:
    """Refuse a value that is none of the words that a setting knows."""
    if value not in words:
        raise SettingsError(f"setting {name} is {_quoted(value)}; it must be {' or '.join(words)}")


def _as_answer(name: str, value: object) -> bool:
    if (answer := answer_in(value)) is None:
        raise SettingsError(f"setting {name} is {_quoted(value)}, which is neither true nor false; give one of them")
    return answer


def _quoted(value: object) -> str:
    """A value as an error quotes it: on one line, and cut off where it is long."""
    text = str(value)
    return ascii(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…")


def folder_of(name: str, value: str) -> Path:
    """The folder that a setting names, with `~` filled in."""
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        raise SettingsError(f"setting {name} is {_quoted(value)}, but there is no such user; give a folder") from error


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as error:
        raise SettingsError(
            "this user has no home folder to look for settings in; set HOME, or name a file with VOICEFARM_CONFIG"
        ) from error


def _refuse_unknown_names(given: Collection[str], known: Collection[str], place: Path) -> None:
    for name in given:
        if name not in known:
            raise SettingsError(
                f"{place.absolute()} has an unknown setting {_quoted(name)};"
                f" {_meant(name, known)}see docs/settings.md for the table"
            )


def _meant(name: str, known: Collection[str]) -> str:
    question = did_you_mean(name, known, ENV_PREFIX)
    return f"{question} " if question else ""

"""Showing where an error came from, without any passwords."""

import os
import sys
import traceback
from dataclasses import fields
from typing import NoReturn

import click

from storage.errors import SettingsError


def fail_with_traceback(error: BaseException) -> NoReturn:
    """Print an error's full traceback and exit."""
    print_traceback(error)
    sys.exit(1)


def print_traceback(error: BaseException) -> None:
    """Print an error's full traceback without the secrets of the settings."""
    click.echo(hide_secrets("".join(traceback.format_exception(error))), err=True, nl=False)


def hide_secrets(text: str) -> str:
    """A text without the secrets of the settings, as far as those can be read."""
    # Imported only when something has gone wrong.
    from storage.settings import ENV_PREFIX, Settings

    try:
        settings = Settings.load()
    except SettingsError:
        texts = [f.name for f in fields(Settings) if isinstance(f.default, str)]
        settings = Settings(**{name: os.environ.get(ENV_PREFIX + name.upper(), "") for name in texts})  # type: ignore[arg-type]
    return settings.hide_secrets(text)

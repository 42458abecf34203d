"""The state folder as processes of the farm want it: there, and nobody else's to read."""

import os

import click

from storage.errors import SettingsError
from storage.private import PRIVATE_UMASK, make_private
from storage.settings import Settings


def open_state(settings: Settings) -> None:
    """Make the state folder ready to be written to, and say so where other users could read it until now."""
    folder = settings.state_folder
    try:
        mended = make_private(folder)
    except OSError as error:
        raise SettingsError(
            f"the state folder {folder} cannot be used ({error.strerror}); check its owner and rights,"
            " or name another by VOICEFARM_STATE"
        ) from error
    if mended:
        click.echo(f"voicefarm: other users of this machine could read {folder}; now they cannot", err=True)


def serve_privately(settings: Settings) -> None:
    """The same for a process that goes on writing there: all that it makes is its user's alone.

    Not where the objects are in a folder of the owner's choice: there, other users may have to meet with them.
    """
    open_state(settings)
    if not settings.shares_a_folder:
        os.umask(PRIVATE_UMASK)

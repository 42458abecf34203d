"""The state folder as processes of the farm need it: existing, and readable by its owner alone."""

import logging
import os

from storage.errors import SettingsError
from storage.private import PRIVATE_UMASK, make_private
from storage.settings import Settings

#: What the farm's user here should hear; the command line prints it.
logger = logging.getLogger("voicefarm.client")


def open_state(settings: Settings) -> None:
    """Make the state folder ready for writing, and say so if other users could read it until now."""
    folder = settings.state_folder
    try:
        mended = make_private(folder)
    except OSError as error:
        raise SettingsError(
            f"the state folder {folder} cannot be used ({error.strerror}); check its owner and rights,"
            " or name another by VOICEFARM_STATE"
        ) from error
    if mended:
        logger.warning("other users of this machine could read %s; now they cannot", folder)


def serve_privately(settings: Settings) -> None:
    """The same for a process that keeps writing there: all that it creates is private to its user.

    Not if the objects are in a folder of the owner's choice, because other users may need to share that.
    """
    open_state(settings)
    if not settings.shares_a_folder:
        os.umask(PRIVATE_UMASK)

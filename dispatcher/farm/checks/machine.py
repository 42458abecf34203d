"""What this machine itself brings: folders, room on its disks, its device and the engines that it can run."""

import errno
import os
import shutil
from pathlib import Path
from tempfile import TemporaryFile

from dispatcher.farm.finding import Said
from storage.errors import NoSpace, SettingsError
from storage.settings import Settings
from workers.engines import catalog
from workers.running import capability_of

#: Less free space than this is worth a warning: an hour of audio with its atoms and results takes about a gigabyte.
LITTLE_SPACE = 2 * 2**30


def look_at_state(settings: Settings) -> Said:
    """Whether the state folder can be written to, or made."""
    folder = settings.state_folder
    if folder.exists():
        _try_to_write(folder, "VOICEFARM_STATE")
        return Said(f"{folder} can be written to")
    parent = nearest(folder)
    # What cannot be tried without making it is believed of a folder that can be written to.
    _try_to_write(parent, "VOICEFARM_STATE")
    return Said(f"{folder} is not there yet, it is made when needed", is_note=True)


def look_at_disks(settings: Settings) -> Said:
    """Whether there is room where something is kept, and a place for what is temporary."""
    _try_to_write(settings.scratch_folder, "VOICEFARM_SCRATCH")
    state = nearest(settings.state_folder)
    for folder in (state, settings.scratch_folder):
        free = shutil.disk_usage(folder).free
        if free < LITTLE_SPACE:
            raise NoSpace(f"{folder} has only {free / 2**30:.1f} GB left; free some space")
    return Said(f"{settings.state_folder} has {shutil.disk_usage(state).free / 2**30:.0f} GB left")


def look_at_device(settings: Settings) -> Said:
    """What a worker started here would offer."""
    capability = capability_of(settings)
    return Said(f"{capability.device.label}; offers {', '.join(sorted(capability.offers))}")


def look_at_engines(settings: Settings) -> Said:
    """Which voices a worker of this machine can convert into; one that cannot do all is as it may be."""
    runs = capability_of(settings).engines
    cannot = [name for name in catalog.engine_names() if name not in runs]
    missing = f"; not {', '.join(cannot)}, whose framework is not installed" if cannot else ""
    return Said(f"runs {', '.join(sorted(runs))}{missing}", is_note=bool(cannot))


def nearest(folder: Path) -> Path:
    """The folder, or the nearest above it that is there, even if that is none."""
    return next((place for place in (folder, *folder.parents) if place.exists()), Path("/"))


def _try_to_write(folder: Path, setting: str) -> None:
    """Write without leaving anything behind."""
    try:
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SettingsError(
            f"{folder} cannot be written to ({error.strerror}); check its owner and rights, or name another folder by"
            f" {setting}"
        ) from error

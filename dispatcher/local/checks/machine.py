"""What this machine itself has: folders, disk space, its device and the engines that it can run."""

import errno
import os
import shutil
from pathlib import Path
from tempfile import TemporaryFile

from dispatcher.local.finding import Said
from storage.errors import NoSpace, SettingsError
from storage.settings import Settings
from workers.engines import catalog
from workers.engines.capability import detect

#: Less free space than this is worth a warning: an hour of audio with its atoms and results takes about a gigabyte.
LITTLE_SPACE = 2 * 2**30


def look_at_state(settings: Settings) -> Said:
    """Whether the state folder can be written to, or created."""
    folder = settings.state_folder
    if folder.exists():
        _try_to_write(folder, "VOICEFARM_STATE")
        return Said(f"{folder} can be written to")
    parent = nearest(folder)
    # A folder that can be written to is trusted to allow what could only be tried by creating it.
    _try_to_write(parent, "VOICEFARM_STATE")
    return Said(f"{folder} is not there yet, it is made when needed", is_note=True)


def look_at_disks(settings: Settings) -> Said:
    """Whether there is space where things are kept, and a folder for temporary files."""
    _try_to_write(settings.scratch_folder, "VOICEFARM_SCRATCH")
    state = nearest(settings.state_folder)
    for folder in (state, settings.scratch_folder):
        free = shutil.disk_usage(folder).free
        if free < LITTLE_SPACE:
            raise NoSpace(f"{folder} has only {free / 2**30:.1f} GB left; free some space")
    return Said(f"{settings.state_folder} has {shutil.disk_usage(state).free / 2**30:.0f} GB left")


def look_at_device(settings: Settings) -> Said:
    """What a worker started here would offer."""
    capability = detect(settings.tag_set)
    said = [f"{capability.device.label}; offers {', '.join(sorted(capability.offers))}", *capability.device.remarks]
    return Said("; ".join(said), is_note=bool(capability.device.remarks))


def look_at_engines(settings: Settings) -> Said:
    """Which voices a worker of this machine can convert into; not being able to do all of them is no fault."""
    runs = detect(settings.tag_set).engines
    cannot = [name for name in catalog.engine_names() if name not in runs]
    missing = f"; not {', '.join(cannot)}, whose framework is not installed" if cannot else ""
    return Said(f"runs {', '.join(sorted(runs))}{missing}", is_note=bool(cannot))


def nearest(folder: Path) -> Path:
    """The folder, or its nearest ancestor that exists, even if that is not a folder."""
    return next((place for place in (folder, *folder.parents) if place.exists()), Path("/"))


def _try_to_write(folder: Path, setting: str) -> None:
    """Try to write, without leaving anything behind."""
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

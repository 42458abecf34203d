"""Which recordings are meant by the files and folders that were named."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dispatcher.cli.addresses import why_unreadable
from storage.errors import InputError

#: What is taken out of folders; a file that is named itself may be called anything.
SOUND = {".wav", ".wave", ".w64", ".rf64", ".aiff", ".aif", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac",
         ".mp4", ".webm", ".mkv"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """One recording, or a folder that cannot be looked into."""

    path: Path
    folder: Path = Path()
    """The folder that its result goes into, relative to the output."""
    error: str | None = None


def find_sources(named: Iterable[Path]) -> list[Source]:
    """Every recording that is meant; hidden files in folders are not."""
    found = [source for path in named for source in _found(path)]
    if not found:
        raise InputError("the folders named hold no recordings; name files, or other folders")
    return found


def is_folder(path: Path) -> bool:
    """Whether it is one as far as we may look; what closes the way to it is said better by opening it."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _found(named: Path) -> Iterator[Source]:
    if not is_folder(named):
        yield Source(named, error=None if os.path.lexists(named) else why_unreadable(named))
        return
    refusals: list[OSError] = []
    files = []
    for folder, _, names in os.walk(named, onerror=refusals.append):
        files += [Path(folder, name) for name in names if _is_sound(Path(folder, name))]
    yield from (Source(path, path.relative_to(named).parent) for path in sorted(files))
    for refusal in refusals:
        path = Path(refusal.filename)
        yield Source(path, error=f"{path} cannot be looked into ({refusal.strerror}); check its owner and rights")


def _is_sound(path: Path) -> bool:
    return path.suffix.lower() in SOUND and not path.name.startswith(".") and path.is_file()

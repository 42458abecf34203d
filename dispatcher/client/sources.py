"""The recordings that files and folders on a command line stand for."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.errors import InputError
from storage.remedies import Act, Remedy

#: What is taken out of folders; a file named by itself may be called anything.
SOUND = {".wav", ".wave", ".w64", ".rf64", ".aiff", ".aif", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac",
         ".mp4", ".mov", ".webm", ".mkv"}  # fmt: skip
#: Addresses where files are meant, such as s3://bucket/key: nothing is read or written there. Two or three slashes are
#: one in a Path. A single letter would be a drive.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(?:/|$)")


#: One worker process for this many seconds of audio: a short clip does not wait for a crowd.
SECONDS_A_WORKER = 20.0


@dataclass(frozen=True, slots=True)
class Source:
    """One recording, or a folder that cannot be read."""

    path: Path
    folder: Path = Path()
    """The folder for its result, relative to the output."""
    error: InputError | None = None


def find_sources(named: Iterable[Path]) -> list[Source]:
    """Every recording that is meant; hidden files in folders are left out."""
    found = [source for path in named for source in _found(path)]
    if not found:
        raise InputError("the folders named hold no recordings; name files, or other folders")
    return found


def is_folder(path: Path) -> bool:
    """Whether it is a file, as far as we may look; opening it gives the better error."""
    try:
        return path.is_dir()
    except OSError:
        return False


def address_of(path: Path) -> str | None:
    """The address as it was typed, if it is one."""
    found = _ADDRESS.match(str(path))
    return found and f"{found[1]}:{'///' if found[1].lower() == 'file' else '//'}{str(path)[found.end() :]}"


def refuse_address(out: Path | None) -> None:
    """Refuse an address as the place of a result; otherwise a folder called `s3:` would be made."""
    if out is not None and (address := address_of(out)):
        raise InputError(
            f"{address} is an address, and results are written to files and folders of this machine only",
            Remedy(Act.PUT_ELSEWHERE),
        )


def usable_workers(recordings: Iterable[Path]) -> int:
    """How many worker processes there is work for."""
    return int(sum(_rough_seconds(path) for path in recordings) / SECONDS_A_WORKER) + 1


def _rough_seconds(path: Path) -> float:
    """A lower guess at a recording's length from its size alone: CD quality if not compressed, else 128 kbit/s."""
    try:
        size = path.stat().st_size
    except OSError:
        return 0.0
    return size / (176_400 if path.suffix.lower() in {".wav", ".aiff", ".aif", ".w64", ".rf64"} else 32_000)


def _found(named: Path) -> Iterator[Source]:
    if not is_folder(named):
        yield Source(named, error=None if os.path.lexists(named) else _why_unreadable(named))
        return
    refusals: list[OSError] = []
    files = []
    for folder, _, names in os.walk(named, onerror=refusals.append):
        files += [Path(folder, name) for name in names if _is_sound(Path(folder, name))]
    yield from (Source(path, path.relative_to(named).parent) for path in sorted(files))
    for refusal in refusals:
        path = Path(refusal.filename)
        why = InputError(f"{path} cannot be looked into ({refusal.strerror}); check its owner and rights")
        yield Source(path, error=why)


def _why_unreadable(source: Path) -> InputError | None:
    if address := address_of(source):
        return InputError(
            f"{address} is an address, and recordings are read from files only; download it and name the file"
        )
    return None


def _is_sound(path: Path) -> bool:
    return path.suffix.lower() in SOUND and not path.name.startswith(".") and path.is_file()

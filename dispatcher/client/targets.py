"""Where each result goes, and whether it can be written there: decided and tried before any work is done."""

import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from dispatcher.client.sources import Source, find_sources, is_folder
from dispatcher.jobs.fetching import unfinished_beside
from dispatcher.jobs.sacred import Recordings, place_of, refuse_recording
from storage.audio.formats import FORMATS, format_of
from storage.errors import InputError
from storage.records.database import Database
from storage.remedies import Act, Remedy

ELSEWHERE = Remedy(Act.PUT_ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Target:
    """One recording and where its result goes, or why it cannot be."""

    source: Path
    result: Path
    error: InputError | None = None
    is_there: bool = False
    """Whether its result exists and is to be left as it is."""


def format_for(format_: str | None, out: Path | None) -> str:
    """The format asked for, else the one that the output's name says, else wav."""
    if format_:
        return format_of(format_)
    named = out if out is not None and out.suffix and not is_folder(out) else None
    return FORMATS[0] if named is None else format_of(named)


def plan_targets(
    sources: Iterable[Path], out: Path | None, voice: str, format_: str, *, overwrite: bool, skip_existing: bool = False
) -> list[Target]:
    """All recordings of files and folders with their targets; no two results share a name, none takes a recording's."""
    found = find_sources(sources)
    into_folder = out is not None and (len(found) > 1 or is_folder(out) or not out.suffix)
    plan = _Plan(Recordings(source.path for source in found), overwrite=overwrite, skip_existing=skip_existing)
    return [
        plan.target(source, _result(source.path, source.folder, out, voice, format_, into_folder=into_folder))
        for source in found
    ]


def spare_recordings(database: Database, targets: Iterable[Target]) -> list[Target]:
    """The same targets, without those whose results would replace what earlier jobs were made of."""
    return [replace(t, error=t.error or _why_spared(database, t.result)) for t in targets]


class _Plan:
    """Takes targets one by one, and knows which names are taken."""

    def __init__(self, recordings: Recordings, *, overwrite: bool, skip_existing: bool) -> None:
        self._recordings = recordings
        self._overwrite = overwrite
        self._skip_existing = skip_existing
        self._taken: dict[str, Path] = {}
        self._places = Places()

    def target(self, source: Source, result: Path) -> Target:
        error = source.error or self._why_not(source.path, result) or self._places.why_closed(result)
        if error is None:
            self._taken[place_of(result)] = source.path
        is_there = error is None and self._skip_existing and not self._overwrite and result.is_file()
        return Target(source.path, result, error, is_there=is_there)

    def _why_not(self, source: Path, result: Path) -> InputError | None:
        if recording := self._recordings.at(result):
            what = (
                "itself one of the recordings" if recording == result else f"in the place of the recording {recording}"
            )
            return InputError(f"{result} is {what}, which no result replaces", ELSEWHERE)
        if other := self._taken.get(place_of(result)):
            return InputError(f"{source} and {other} would both become {result}; rename one, or convert them apart")
        if os.path.lexists(result) and not self._overwrite and not (self._skip_existing and result.is_file()):
            return InputError(f"{result} exists already", Remedy(Act.OVERWRITE))
        return why_irreplaceable(result)


def _why_spared(database: Database, result: Path) -> InputError | None:
    try:
        refuse_recording(database, result, ELSEWHERE)
    except InputError as refusal:
        return refusal
    except OSError as error:
        return InputError(f"{result} may be a recording but cannot be looked into ({error.strerror})", ELSEWHERE)
    return None


def _result(source: Path, relative: Path, out: Path | None, voice: str, format_: str, *, into_folder: bool) -> Path:
    if out is None:
        return source.with_name(f"{source.stem}.{voice}.{format_}")
    return out / relative / f"{source.stem}.{format_}" if into_folder else out


class Places:
    """Remembers which folders were tried, so that a batch tries each only once."""

    def __init__(self) -> None:
        self._tried: dict[Path, str | None] = {}

    def why_closed(self, result: Path) -> InputError | None:
        """Why no file can be made under this name, if none can."""
        folder = next(p for p in result.absolute().parents if os.path.lexists(p))
        if folder not in self._tried:
            self._tried[folder] = _why_closed(folder)
        why = self._tried[folder] or _why_unnameable(folder, result)
        return InputError(f"{result} cannot be written, because {why}", ELSEWHERE) if why else None


def why_irreplaceable(result: Path) -> InputError | None:
    """Why what is there cannot be replaced by a file, if it is not one."""
    try:
        mode = result.lstat().st_mode
    except OSError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
        return None
    what = "a folder" if stat.S_ISDIR(mode) else "a device, a pipe or a socket"
    return InputError(f"{result} is {what} and no result can take its place", ELSEWHERE)


def _why_closed(folder: Path) -> str | None:
    """Really create a file: permissions and file systems do not tell as surely."""
    if not is_folder(folder):
        return f"{folder} is not a folder"
    tried = unfinished_beside(folder / "result")
    try:
        tried.touch(exist_ok=False)
        tried.unlink()
    except PermissionError:
        return f"we may not write to {folder}"
    except OSError as error:
        return f"no file can be made in {folder} ({error.strerror})"
    return None


def _why_unnameable(folder: Path, result: Path) -> str | None:
    """Ask the file system about a path that does not exist yet: it knows how long names may be, without creating it."""
    for name in result.absolute().relative_to(folder).parts:
        if _is_too_long(folder / name):
            return f"its name is too long for the disk ({len(os.fsencode(name))} bytes)"
    if _is_too_long(result) or _is_too_long(unfinished_beside(result)):
        return f"its path is too long for the system ({len(os.fsencode(result))} bytes)"
    return None


def _is_too_long(path: Path) -> bool:
    try:
        path.lstat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False

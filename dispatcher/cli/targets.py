"""Which recordings are meant, and where each result goes: decided before anything is done."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dispatcher.cli.sources import find_sources, is_folder
from storage.audio.formats import FORMATS, format_of


@dataclass(frozen=True, slots=True)
class Target:
    """One recording and where its result goes, or why it cannot be."""

    source: Path
    result: Path
    error: str | None = None


def format_for(format_: str | None, out: Path | None) -> str:
    """The format asked for, else the one that the output's name says, else wav."""
    if format_:
        return format_of(format_)
    if out is not None and out.suffix and not is_folder(out):
        return format_of(out)
    return FORMATS[0]


def plan_targets(
    sources: Iterable[Path], out: Path | None, voice: str, format_: str, *, overwrite: bool
) -> list[Target]:
    """All recordings of files and folders with their targets; no two results share a name."""
    found = find_sources(sources)
    into_folder = out is not None and (len(found) > 1 or is_folder(out) or not out.suffix)
    taken: dict[Path, Path] = {}
    targets = []
    for source in found:
        result = _result(source.path, source.folder, out, voice, format_, into_folder=into_folder)
        error = source.error
        if error is None and result in taken:
            error = f"{source.path} and {taken[result]} would both become {result}; rename one, or convert them apart"
        elif error is None and os.path.lexists(result) and not overwrite:
            error = f"{result} exists already; pass --overwrite to replace it"
        error = error or _closed(result)
        if error is None:
            taken[result] = source.path
        targets.append(Target(source.path, result, error))
    return targets


def _closed(result: Path) -> str | None:
    """Why no file can be made there, as far as that shows before all the work."""
    folder = next(p for p in result.absolute().parents if os.path.lexists(p))
    if not is_folder(folder):
        return f"{result} cannot be written, because {folder} is no folder; choose another place with -o"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{result} cannot be written, because we may not write to {folder}; choose another place with -o"
    return None


def _result(source: Path, relative: Path, out: Path | None, voice: str, format_: str, *, into_folder: bool) -> Path:
    if out is None:
        return source.with_name(f"{source.stem}.{voice}.{format_}")
    return out / relative / f"{source.stem}.{format_}" if into_folder else out

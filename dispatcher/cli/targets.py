"""Which recordings are meant, and where each result goes: decided before anything is done."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.audio.write import FORMATS, format_of
from storage.errors import InputError

#: What is taken out of folders; a file that is named itself may be called anything.
SOUND = {".wav", ".wave", ".w64", ".rf64", ".aiff", ".aif", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac",
         ".mp4", ".webm", ".mkv"}  # fmt: skip


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
    if out is not None and out.suffix and not out.is_dir():
        return format_of(out)
    return FORMATS[0]


def plan_targets(
    sources: Iterable[Path], out: Path | None, voice: str, format_: str, *, overwrite: bool
) -> list[Target]:
    """All recordings of files and folders with their targets; no two results share a name."""
    found = list(_found(sources))
    if not found:
        raise InputError("the folders named hold no recordings; name files, or other folders")
    into_folder = out is not None and (len(found) > 1 or out.is_dir() or not out.suffix)
    taken: dict[Path, Path] = {}
    targets = []
    for source, relative in found:
        result = _result(source, relative, out, voice, format_, into_folder=into_folder)
        error = None
        if result in taken:
            error = f"{source} and {taken[result]} would both become {result}; rename one, or convert them apart"
        elif result.exists() and not overwrite:
            error = f"{result} exists already; pass --overwrite to replace it"
        taken.setdefault(result, source)
        targets.append(Target(source, result, error))
    return targets


def find_sources(sources: Iterable[Path]) -> list[Path]:
    """Every recording that is meant."""
    return [source for source, _ in _found(sources)]


def _found(sources: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Every file with the folder that it goes into, relative to the output."""
    for source in sources:
        if source.is_dir():
            files = sorted(p for p in source.rglob("*") if p.suffix.lower() in SOUND and p.is_file())
            yield from ((path, path.relative_to(source).parent) for path in files)
        else:
            yield source, Path()


def _result(source: Path, relative: Path, out: Path | None, voice: str, format_: str, *, into_folder: bool) -> Path:
    if out is None:
        return source.with_name(f"{source.stem}.{voice}.{format_}")
    return out / relative / f"{source.stem}.{format_}" if into_folder else out

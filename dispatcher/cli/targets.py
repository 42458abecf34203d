"""Which recordings are meant, and where each result goes: decided before anything is done."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from dispatcher.cli.sources import Source, find_sources, is_folder
from dispatcher.cli.writable import Places, why_irreplaceable
from dispatcher.jobs.sacred import Recordings, place_of, refuse_recording
from storage.audio.formats import FORMATS, format_of
from storage.errors import InputError
from storage.records.database import Database


@dataclass(frozen=True, slots=True)
class Target:
    """One recording and where its result goes, or why it cannot be."""

    source: Path
    result: Path
    error: str | None = None


def format_for(format_: str | None, out: Path | None) -> str:
    """The format asked for, else the one that the output's name says, else wav."""
    named = out if out is not None and out.suffix and not is_folder(out) else None
    if named is not None:
        refuse_video(named, named.suffix)
    if format_:
        refuse_video(format_, Path(format_).suffix or format_)
        return format_of(format_)
    return FORMATS[0] if named is None else format_of(named)


def refuse_video(name: object, ending: str) -> None:
    """Raise for a result that should be a video: it would be one without a picture."""
    if ending.lstrip(".").lower() == "mp4":
        raise InputError(
            f"{name} would be a video without its picture, because only sound is converted;"
            " ask for m4a, which holds the same sound"
        )


def plan_targets(
    sources: Iterable[Path], out: Path | None, voice: str, format_: str, *, overwrite: bool
) -> list[Target]:
    """All recordings of files and folders with their targets; no two results share a name, none takes a recording's."""
    found = find_sources(sources)
    into_folder = out is not None and (len(found) > 1 or is_folder(out) or not out.suffix)
    plan = _Plan(Recordings(source.path for source in found), overwrite=overwrite)
    return [
        plan.target(source, _result(source.path, source.folder, out, voice, format_, into_folder=into_folder))
        for source in found
    ]


def spare_recordings(database: Database, targets: Iterable[Target]) -> list[Target]:
    """The same targets, without those whose results would replace what earlier jobs were made of."""
    return [replace(t, error=t.error or _why_spared(database, t.result)) for t in targets]


class _Plan:
    """Takes target by target, and knows what is claimed by then."""

    def __init__(self, recordings: Recordings, *, overwrite: bool) -> None:
        self._recordings = recordings
        self._overwrite = overwrite
        self._taken: dict[str, Path] = {}
        self._places = Places()

    def target(self, source: Source, result: Path) -> Target:
        error = source.error or self._why_not(source.path, result) or self._places.why_closed(result)
        if error is None:
            self._taken[place_of(result)] = source.path
        return Target(source.path, result, error)

    def _why_not(self, source: Path, result: Path) -> str | None:
        if recording := self._recordings.at(result):
            what = (
                "itself one of the recordings" if recording == result else f"in the place of the recording {recording}"
            )
            return f"{result} is {what}, which no result replaces; choose another place with -o"
        if other := self._taken.get(place_of(result)):
            return f"{source} and {other} would both become {result}; rename one, or convert them apart"
        if os.path.lexists(result) and not self._overwrite:
            return f"{result} exists already; pass --overwrite to replace it"
        return why_irreplaceable(result)


def _why_spared(database: Database, result: Path) -> str | None:
    advice = "choose another place with -o"
    try:
        refuse_recording(database, result, advice)
    except InputError as refusal:
        return str(refusal)
    except OSError as error:
        return f"{result} may be a recording but cannot be looked into ({error.strerror}); {advice}"
    return None


def _result(source: Path, relative: Path, out: Path | None, voice: str, format_: str, *, into_folder: bool) -> Path:
    if out is None:
        return source.with_name(f"{source.stem}.{voice}.{format_}")
    return out / relative / f"{source.stem}.{format_}" if into_folder else out

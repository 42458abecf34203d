"""The recordings that files and folders stand for."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from storage.audio.mark import mark_in
from storage.errors import InputError
from storage.remedies import Act, Remedy

#: What is taken out of folders; a file named by itself may be called anything.
SOUND = {".wav", ".wave", ".bwf", ".w64", ".rf64", ".aiff", ".aif", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a",
         ".aac", ".mp4", ".mov", ".webm", ".mkv"}  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which files of a folder are meant, by patterns such as `*.wav` or `drafts/*`."""

    include: tuple[str, ...] = ()
    """If there are any, a file must match one; what its name ends in does not matter then."""
    exclude: tuple[str, ...] = ()

    def takes(self, path: PurePath) -> bool:
        """Whether a file is meant, by its path below the folder that was named."""
        wanted = _matches(path, self.include) if self.include else path.suffix.lower() in SOUND
        return wanted and not any(_matches(part, self.exclude) for part in (path, *path.parents[:-1]))


@dataclass(frozen=True, slots=True)
class Found:
    """Every recording that is meant, and results of the farm's own that lay beside them."""

    sources: list[Source] = field(default_factory=list)
    own_results: list[Path] = field(default_factory=list)


EVERYTHING = Chosen()


def find_sources(named: Iterable[Path], chosen: Chosen = EVERYTHING) -> Found:
    """Every recording that is meant. In folders, hidden files are left out, and what the farm itself made of others."""
    found = Found()
    for path in named:
        if not is_folder(path):
            error = None if os.path.lexists(path) else _why_unreadable(path)
            found.sources.append(Source(path, error=error))
            continue
        recordings, results = _without_results(list(_inside(path, chosen)))
        found.sources.extend(recordings)
        found.own_results.extend(results)
    if not found.sources:
        raise InputError("the folders named hold no recordings that are meant; name files, or other folders")
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


def files_in(folder: Path, chosen: Chosen, refused: Callable[[OSError], None] = lambda _: None) -> Iterator[Path]:
    """The files in a folder that are meant; `refused` hears of folders that cannot be looked into."""
    for inner, _, names in os.walk(folder, onerror=refused):
        yield from (path for name in names if _is_meant(path := Path(inner, name), folder, chosen))


def _inside(named: Path, chosen: Chosen) -> Iterator[Source]:
    refusals: list[OSError] = []
    files = files_in(named, chosen, refusals.append)
    yield from (Source(path, path.relative_to(named).parent) for path in sorted(files))
    for refusal in refusals:
        path = Path(refusal.filename)
        why = InputError(f"{path} cannot be looked into ({refusal.strerror}); check its owner and rights")
        yield Source(path, error=why)


def _without_results(sources: Sequence[Source]) -> tuple[list[Source], list[Path]]:
    """The recordings, and the results beside them; where there is nothing but results, these are what is meant."""
    results = [source.path for source in sources if source.error is None and mark_in(source.path)]
    if len(results) == len(sources):
        return list(sources), []
    ours = set(results)
    return [source for source in sources if source.path not in ours], results


def _is_meant(path: Path, named: Path, chosen: Chosen) -> bool:
    return not path.name.startswith(".") and chosen.takes(path.relative_to(named)) and path.is_file()


def _matches(path: PurePath, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text, pattern) for text in (path.as_posix(), path.name) for pattern in patterns)


def _why_unreadable(source: Path) -> InputError | None:
    if address := address_of(source):
        return InputError(
            f"{address} is an address, and recordings are read from files only; download it and name the file"
        )
    return None

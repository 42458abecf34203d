"""The recordings that files, folders and addresses stand for."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

from dispatcher.wishes.buckets import marks_of, objects_below
from storage.audio.mark import mark_in
from storage.errors import InputError
from storage.objects.address import SCHEMES, Address, Place, address_of, placed
from storage.objects.reach import Reach
from storage.remedies import Act, Remedy
from storage.settings import Settings

#: What is taken out of folders; a file named by itself may be called anything.
SOUND = {".wav", ".wave", ".bwf", ".w64", ".rf64", ".aiff", ".aif", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a",
         ".aac", ".mp4", ".mov", ".webm", ".mkv"}  # fmt: skip
#: One worker process for this many seconds of audio: a short clip does not wait for a crowd.
SECONDS_A_WORKER = 20.0


@dataclass(frozen=True, slots=True)
class Source:
    """One recording, or a folder that cannot be read."""

    path: Place
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
    own_results: list[Place] = field(default_factory=list)


EVERYTHING = Chosen()


def find_sources(named: Iterable[Place], chosen: Chosen = EVERYTHING, reach: Reach | None = None) -> Found:
    """Every recording that is meant. In folders, hidden files are left out, and what the farm itself made of others."""
    found, reach = Found(), reach or Reach(Settings())
    for one in named:
        place = placed(one) if isinstance(one, Path) and not os.path.lexists(one) else one
        if isinstance(place, Address):
            recordings, results = _at_address(place, chosen, reach)
        elif is_folder(place):
            recordings, results = _in_folder(place, chosen)
        else:
            recordings, results = [Source(place, error=why_no_place(place))], []
        found.sources.extend(recordings)
        found.own_results.extend(results)
    if not found.sources:
        raise InputError("the folders named hold no recordings that are meant; name files, or other folders")
    return found


def is_folder(path: Place) -> bool:
    """Whether it is a folder, as far as we may look; opening it gives the better error."""
    if isinstance(path, Address):
        return path.is_folder
    try:
        return path.is_dir()
    except OSError:
        return False


def why_no_place(place: Place) -> InputError | None:
    """Why nothing can be read or written there: it is an address, but of no kind that is known."""
    if isinstance(place, Path) and not os.path.lexists(place) and (address := address_of(place)):
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        return InputError(f"{address} is an address of a kind that is not known; those that are begin with {known}")
    return None


def refuse_address(out: Place | None) -> None:
    """Refuse an address as the place of results, where only folders of this machine can be."""
    if out is not None and (address := str(out) if isinstance(out, Address) else address_of(out)):
        raise InputError(
            f"{address} is an address, and these results are written to folders of this machine only",
            Remedy(Act.PUT_ELSEWHERE),
        )


def place_for_results(out: Path | Address | None) -> Place | None:
    """The place that is meant; refuses addresses at which nothing can be written."""
    place = placed(out) if isinstance(out, Path) and not os.path.lexists(out) else out
    if place is None or (isinstance(place, Address) and place.scheme == "s3"):
        return place
    if isinstance(place, Address) or why_no_place(place):
        address = str(place) if isinstance(place, Address) else address_of(place)
        raise InputError(
            f"{address} is an address, and results are written to files, folders and s3:// only",
            Remedy(Act.PUT_ELSEWHERE),
        )
    return place


def usable_workers(recordings: Iterable[Place]) -> int:
    """How many worker processes there is work for."""
    return int(sum(_rough_seconds(path) for path in recordings) / SECONDS_A_WORKER) + 1


def _rough_seconds(path: Place) -> float:
    """A lower guess at a recording's length from its size alone: CD quality if not compressed, else 128 kbit/s."""
    if isinstance(path, Address) and not path.bytes:
        # Nobody has said how long it is.
        return SECONDS_A_WORKER
    try:
        size = path.bytes if isinstance(path, Address) else path.stat().st_size
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


def _in_folder(folder: Path, chosen: Chosen) -> tuple[list[Source], list[Place]]:
    inside = list(_inside(folder, chosen))
    marked = [s.error is None and isinstance(s.path, Path) and mark_in(s.path) is not None for s in inside]
    return _without_results(inside, marked)


def _at_address(address: Address, chosen: Chosen, reach: Reach) -> tuple[list[Source], list[Place]]:
    """The recording at an address, or those below a prefix, and results among them."""
    try:
        if address.scheme == "s3":
            return _in_bucket(address, chosen, reach)
        # Only needed for web servers.
        from storage.objects.web import look

        return [Source(look(address))], []
    except InputError as error:
        return [Source(address, error=error)], []


def _in_bucket(address: Address, chosen: Chosen, reach: Reach) -> tuple[list[Source], list[Place]]:
    bucket = reach.bucket(address)
    if not address.is_folder and (there := bucket.find(address.key)):
        return [Source(replace(address, bytes=there.size))], []
    below = [(found, path) for found, path in objects_below(bucket, address) if chosen.takes(path)]
    if not below and not address.is_folder:
        raise InputError(f"there is no {address}; check its name")
    inside = [Source(replace(address, key=one.key, bytes=one.size), Path(path.parent)) for one, path in below]
    return _without_results(inside, [mark is not None for mark in marks_of(bucket, [one for one, _ in below])])


def _without_results(sources: Sequence[Source], are_results: Sequence[bool]) -> tuple[list[Source], list[Place]]:
    """The recordings, and the results beside them; where there is nothing but results, these are what is meant."""
    if all(are_results):
        return list(sources), []
    told = list(zip(sources, are_results, strict=True))
    return [one for one, is_result in told if not is_result], [one.path for one, is_result in told if is_result]


def _is_meant(path: Path, named: Path, chosen: Chosen) -> bool:
    return not path.name.startswith(".") and chosen.takes(path.relative_to(named)) and path.is_file()


def _matches(path: PurePath, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text, pattern) for text in (path.as_posix(), path.name) for pattern in patterns)

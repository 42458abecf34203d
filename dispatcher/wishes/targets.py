"""Where each result goes, and whether it can go there: decided and tried before any work is done."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from dispatcher.jobs.checking import CheckedRequest
from dispatcher.jobs.hashing import hash_file
from dispatcher.jobs.sacred import Recordings, folded, place_of, refuse_recording
from dispatcher.wishes.naming import BESIDE, BY_VOICE, IN_FOLDER, Naming, inside
from dispatcher.wishes.places import ELSEWHERE, Places, why_irreplaceable
from dispatcher.wishes.sources import is_folder
from dispatcher.wishes.wish import Wish
from storage.audio.formats import FORMATS, format_of
from storage.audio.mark import HALF, halves, mark_in
from storage.errors import InputError
from storage.records.database import Database
from storage.remedies import Act, Remedy


class Existing(StrEnum):
    """What to do about results that exist already."""

    KEEP_CURRENT = "keep current"
    """Leave out what is up to date: made of this very recording in this very way. Refuse to replace anything else."""
    KEEP_ALL = "keep all"
    """Leave out whatever exists."""
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Commission:
    """A wish whose request was checked; there is no such request where the wish has an error."""

    wish: Wish
    checked: CheckedRequest | None

    @property
    def format(self) -> str:
        """The format of its result."""
        return self.checked.format if self.checked else FORMATS[0]


@dataclass(frozen=True, slots=True)
class Placing:
    """Where results go, by which names, and what may be there already."""

    out: Path | None = None
    naming: Naming | None = None
    existing: Existing = Existing.KEEP_CURRENT


@dataclass(frozen=True, slots=True)
class Target:
    """One recording and where its result goes, or why it cannot be."""

    commission: Commission
    result: Path
    wanted: str = ""
    """The result's name in its batch."""
    error: InputError | None = None
    is_there: bool = False
    """Whether its result exists and is to be left as it is."""

    @property
    def source(self) -> Path:
        """The recording."""
        return self.commission.wish.source


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
    """Refuse a video as the result: it would be one without a picture."""
    if ending.lstrip(".").lower() == "mp4":
        raise InputError(
            f"{name} would be a video without its picture, because only sound is converted;"
            " ask for m4a, which holds the same sound"
        )


def plan_targets(commissions: Sequence[Commission], placing: Placing) -> list[Target]:
    """All recordings with their targets; no two results share a name, none takes a recording's."""
    out = placing.out
    if out is not None and len(commissions) > 1 and out.suffix.lstrip(".").lower() in FORMATS and not is_folder(out):
        raise InputError(f"{out} is one file, and there are {len(commissions)} recordings; name a folder for them")
    plan = _Plan(commissions, placing)
    return [plan.target(number, commission) for number, commission in enumerate(commissions, 1)]


def plan_names(commissions: Sequence[Commission], naming: Naming | None = None) -> list[Target]:
    """The same recordings with what their results will be called, wherever they are put one day."""
    names = _Names(commissions, Placing(Path(), naming))
    taken: dict[str, Path] = {}
    return [_named(number, commission, names, taken) for number, commission in enumerate(commissions, 1)]


def _named(number: int, commission: Commission, names: "_Names", taken: dict[str, Path]) -> Target:
    wish = commission.wish
    try:
        _, name = names.of(number, commission)
    except InputError as refusal:
        return Target(commission, wish.source, error=wish.error or refusal)
    error = wish.error
    if error is None and (other := taken.setdefault(folded(name.as_posix()), wish.source)) is not wish.source:
        error = InputError(f"{wish.source} and {other} would both become {name}; rename one, or hand them in apart")
    return Target(commission, name, name.as_posix(), error)


def spare_recordings(database: Database, targets: Iterable[Target]) -> list[Target]:
    """The same targets, without those whose results would replace what earlier jobs were made of."""
    return [replace(t, error=t.error or _why_spared(database, t.result)) for t in targets]


class _Plan:
    """Takes targets one by one, and knows which names are taken."""

    def __init__(self, commissions: Sequence[Commission], placing: Placing) -> None:
        self._recordings = Recordings(commission.wish.source for commission in commissions)
        self._placing = placing
        self._names = _Names(commissions, placing)
        self._taken: dict[str, Path] = {}
        self._places = Places()

    def target(self, number: int, commission: Commission) -> Target:
        """Where its result goes."""
        wish = commission.wish
        try:
            base, name = self._names.of(number, commission)
        except InputError as refusal:
            return Target(commission, wish.source, error=wish.error or refusal)
        result = base / name
        error, is_there = wish.error, False
        if error is None:
            is_there = self._is_kept(commission, result)
            error = self._why_not(wish.source, result, is_there=is_there) or self._places.why_closed(result)
        if error is None:
            self._taken[place_of(result)] = wish.source
        return Target(commission, result, name.as_posix(), error, is_there=is_there and error is None)

    def _is_kept(self, commission: Commission, result: Path) -> bool:
        existing = self._placing.existing
        if existing is Existing.REPLACE or not result.is_file():
            return False
        return existing is Existing.KEEP_ALL or is_current(commission, result)

    def _why_not(self, source: Path, result: Path, *, is_there: bool) -> InputError | None:
        if recording := self._recordings.at(result):
            what = (
                "itself one of the recordings" if recording == result else f"in the place of the recording {recording}"
            )
            return InputError(f"{result} is {what}, which no result replaces", ELSEWHERE)
        if other := self._taken.get(place_of(result)):
            return InputError(f"{source} and {other} would both become {result}; rename one, or convert them apart")
        if os.path.lexists(result) and not is_there and self._placing.existing is not Existing.REPLACE:
            changed = ", made of another recording or in another way" if mark_in(result) else ""
            return InputError(f"{result} exists already{changed}", Remedy(Act.OVERWRITE))
        return why_irreplaceable(result)


class _Names:
    """What results are called. Where two of one folder differ only in their endings, both get names."""

    def __init__(self, commissions: Sequence[Commission], placing: Placing) -> None:
        self._out = placing.out
        self._into_folder = self._out is not None and (
            len(commissions) > 1 or is_folder(self._out) or not self._out.suffix
        )
        voices = {c.wish.request.voice for c in commissions}
        usual = BESIDE if self._out is None else BY_VOICE if len(voices) > 1 else IN_FOLDER
        self._naming = placing.naming or Naming(usual)
        self._first = _first_of_each(commissions)

    def of(self, number: int, commission: Commission) -> tuple[Path, Path]:
        """The folder that a result is put into, and its name in there."""
        wish = commission.wish
        if self._out is not None and not self._into_folder and wish.name is None:
            return self._out.parent, Path(self._out.name)
        base = wish.source.parent if self._out is None else self._out
        if wish.name is not None:
            name = inside(wish.name)
            return base, name if name.suffix else name.with_name(f"{name.name}.{commission.format}")
        folder = Path() if self._out is None else wish.folder
        called = wish.source
        if wish.source.suffix and self._first[_without_ending(commission)] != wish.source:
            called = wish.source.with_name(f"{wish.source.name}.{wish.source.suffix.lstrip('.')}")
        return base, self._naming.fill(called, folder, wish.request.voice, commission.format, number)


def _first_of_each(commissions: Sequence[Commission]) -> Mapping[tuple[str, str, str], Path]:
    """Of recordings that differ only in their endings, the one whose result is called by the stem alone."""
    first: dict[tuple[str, str, str], Path] = {}
    for commission in commissions:
        source = commission.wish.source
        key = _without_ending(commission)
        if key not in first or source.suffix.lstrip(".").lower() == commission.format:
            first[key] = source
    return first


def _without_ending(commission: Commission) -> tuple[str, str, str]:
    wish = commission.wish
    return place_of(wish.source.with_suffix("")), wish.folder.as_posix(), wish.request.voice


def is_current(commission: Commission, result: Path) -> bool:
    """Whether a result was made of this very recording in this very way."""
    mark = mark_in(result)
    if mark is None or commission.checked is None:
        return False
    recording, request = halves(mark)
    if not commission.checked.hash.startswith(request):
        return False
    try:
        return hash_file(commission.wish.source)[:HALF] == recording
    except OSError:
        return False


def _why_spared(database: Database, result: Path) -> InputError | None:
    try:
        refuse_recording(database, result, ELSEWHERE)
    except InputError as refusal:
        return refusal
    except OSError as error:
        return InputError(f"{result} may be a recording but cannot be looked into ({error.strerror})", ELSEWHERE)
    return None

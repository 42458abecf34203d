"""Where each result goes, and whether it can go there: decided and tried before any work is done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from dispatcher.jobs.incoming import hash_source
from dispatcher.jobs.sacred import Recordings, folded, place_of
from dispatcher.wishes.commissions import Commission
from dispatcher.wishes.naming import Naming
from dispatcher.wishes.places import ELSEWHERE, Places
from dispatcher.wishes.result_names import ResultNames
from dispatcher.wishes.sources import is_folder
from storage.audio.formats import FILMS, FORMATS
from storage.audio.mark import HALF, halves
from storage.errors import InputError
from storage.objects.address import Address, Place
from storage.objects.reach import Reach
from storage.records.database import Database
from storage.remedies import Act, Remedy

#: Results that are asked for one by one; for more, their folder is listed, which is one request for a thousand names.
MANY = 20


class Existing(StrEnum):
    """What to do about results that exist already."""

    KEEP_CURRENT = "keep current"
    """Leave out what is up to date: made of this very recording in this very way. Refuse to replace anything else."""
    KEEP_ALL = "keep all"
    """Leave out whatever exists."""
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Placing:
    """Where results go, by which names, and what may be there already."""

    out: Place | None = None
    naming: Naming | None = None
    existing: Existing = Existing.KEEP_CURRENT
    places: Places = field(default_factory=Places, compare=False)


@dataclass(frozen=True, slots=True)
class Target:
    """One recording and where its result goes, or why it cannot be."""

    commission: Commission
    result: Place
    wanted: str = ""
    """The result's name in its batch."""
    error: InputError | None = None
    is_there: bool = False
    """Whether its result exists and is to be left as it is."""
    replaces: bool = False
    """Whether an object is there that it would replace; of files, that is looked at."""

    @property
    def source(self) -> Place:
        """The recording."""
        return self.commission.wish.source


def plan_targets(commissions: Sequence[Commission], placing: Placing) -> list[Target]:
    """All recordings with their targets; no two results share a name, none takes a recording's."""
    out = placing.out
    is_file = out is not None and out.suffix.lstrip(".").lower() in FORMATS + FILMS and not is_folder(out)
    if is_file and len(commissions) > 1:
        raise InputError(f"{out} is one file, and there are {len(commissions)} recordings; name a folder for them")
    plan = _Plan(commissions, placing)
    return [plan.target(number, commission) for number, commission in enumerate(commissions, 1)]


def plan_names(commissions: Sequence[Commission], naming: Naming | None = None) -> list[Target]:
    """The same recordings with what their results will be called, wherever they are put one day."""
    names = ResultNames(commissions, Path(), naming)
    taken: dict[str, Place] = {}
    return [_named(number, commission, names, taken) for number, commission in enumerate(commissions, 1)]


def _named(number: int, commission: Commission, names: ResultNames, taken: dict[str, Place]) -> Target:
    wish = commission.wish
    try:
        _, name = names.of(number, commission)
    except InputError as refusal:
        return Target(commission, wish.source, error=wish.error or refusal)
    error = wish.error
    if error is None and (other := taken.setdefault(folded(name.as_posix()), wish.source)) is not wish.source:
        error = InputError(f"{wish.source} and {other} would both become {name}; rename one, or hand them in apart")
    return Target(commission, name, name.as_posix(), error)


def spare_recordings(database: Database, targets: Iterable[Target], places: Places) -> list[Target]:
    """The same targets, without those whose results would replace what earlier jobs were made of."""
    return [replace(t, error=t.error or _why_spared(database, places, t)) for t in targets]


class _Plan:
    """Takes targets one by one, and knows which names are taken."""

    def __init__(self, commissions: Sequence[Commission], placing: Placing) -> None:
        self._recordings = Recordings(commission.wish.source for commission in commissions)
        self._placing = placing
        self._names = ResultNames(commissions, placing.out, placing.naming)
        self._taken: dict[str, Place] = {}
        self._places = placing.places
        if placing.out is not None and len(commissions) > MANY:
            self._places.look_over(placing.out)

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
            error, is_there = self._judged(commission, result)
        if error is None:
            self._taken[place_of(result)] = wish.source
        replaces = error is None and not is_there and isinstance(result, Address) and self._places.is_taken(result)
        return Target(commission, result, name.as_posix(), error, is_there and error is None, replaces)

    def _judged(self, commission: Commission, result: Place) -> tuple[InputError | None, bool]:
        """Why a result cannot go there, if so, and whether it is there already."""
        try:
            if isinstance(result, Address) and (why := self._places.why_closed(result)):
                return why, False
            is_there = self._is_kept(commission, result)
            why = self._why_not(commission.wish.source, result, is_there=is_there) or self._places.why_closed(result)
        except InputError as refusal:
            return refusal, False
        return why, is_there

    def _is_kept(self, commission: Commission, result: Place) -> bool:
        existing = self._placing.existing
        if existing is Existing.REPLACE or not self._places.has_file(result):
            return False
        return existing is Existing.KEEP_ALL or is_current(commission, self._places.mark(result), self._places.reach)

    def _why_not(self, source: Place, result: Place, *, is_there: bool) -> InputError | None:
        if recording := self._recordings.at(result):
            what = (
                "itself one of the recordings" if recording == result else f"in the place of the recording {recording}"
            )
            return InputError(f"{result} is {what}, which no result replaces", ELSEWHERE)
        if other := self._taken.get(place_of(result)):
            return InputError(f"{source} and {other} would both become {result}; rename one, or convert them apart")
        if not is_there and self._placing.existing is not Existing.REPLACE and self._places.is_taken(result):
            changed = ", made of another recording or in another way" if self._places.mark(result) else ""
            return InputError(f"{result} exists already{changed}", Remedy(Act.OVERWRITE))
        return self._places.why_irreplaceable(result)


def is_current(commission: Commission, mark: str | None, reach: Reach) -> bool:
    """Whether the result with this mark was made of this very recording in this very way."""
    if mark is None or commission.checked is None:
        return False
    recording, request = halves(mark)
    if not commission.checked.hash.startswith(request):
        return False
    try:
        return hash_source(commission.wish.source, reach)[:HALF] == recording
    except (OSError, InputError):
        return False


def _why_spared(database: Database, places: Places, target: Target) -> InputError | None:
    result = target.result
    if isinstance(result, Address) and not target.replaces:
        return None
    try:
        places.refuse_recording(database, result)
    except InputError as refusal:
        return refusal
    except OSError as error:
        return InputError(f"{result} may be a recording but cannot be looked into ({error.strerror})", ELSEWHERE)
    return None

"""What the results of recordings that go together are called, and below which folders."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dispatcher.jobs.sacred import place_of
from dispatcher.wishes.commissions import Commission
from dispatcher.wishes.naming import BESIDE, BY_VOICE, IN_FOLDER, Naming, inside
from dispatcher.wishes.sources import is_folder
from dispatcher.wishes.wish import Wish
from storage.objects.address import Address, Place


class ResultNames:
    """What results are called. Where two of one folder differ only in their endings, both get names."""

    def __init__(self, commissions: Sequence[Commission], out: Place | None, naming: Naming | None) -> None:
        self._out = out
        self._into_folder = self._out is not None and (
            len(commissions) > 1 or is_folder(self._out) or not self._out.suffix
        )
        voices = {c.wish.request.voice for c in commissions}
        usual = BESIDE if self._out is None else BY_VOICE if len(voices) > 1 else IN_FOLDER
        self._naming = naming or Naming(usual)
        self._first = _first_of_each(commissions)

    def of(self, number: int, commission: Commission) -> tuple[Place, Path]:
        """The folder that a result is put into, and its name in there."""
        wish = commission.wish
        if self._out is not None and not self._into_folder and wish.name is None:
            return self._out.parent, Path(self._out.name)
        base = _beside(wish) if self._out is None else self._out
        if wish.name is not None:
            name = inside(wish.name)
            return base, name if name.suffix else name.with_name(f"{name.name}.{commission.format}")
        folder = Path() if self._out is None else wish.folder
        called = Path(wish.source.name)
        if wish.source.suffix and self._first[_without_ending(commission)] != wish.source:
            called = called.with_name(f"{called.name}.{called.suffix.lstrip('.')}")
        return base, self._naming.fill(called, folder, wish.request.voice, commission.format, number)


def _beside(wish: Wish) -> Path:
    """Where a result goes that has no place: beside its recording if that is on this machine, else below here."""
    return wish.folder if isinstance(wish.source, Address) else wish.source.parent


def _first_of_each(commissions: Sequence[Commission]) -> Mapping[tuple[str, str, str], Place]:
    """Of recordings that differ only in their endings, the one whose result is called by the stem alone."""
    first: dict[tuple[str, str, str], Place] = {}
    for commission in commissions:
        source = commission.wish.source
        key = _without_ending(commission)
        if key not in first or source.suffix.lstrip(".").lower() == commission.format:
            first[key] = source
    return first


def _without_ending(commission: Commission) -> tuple[str, str, str]:
    wish = commission.wish
    return place_of(wish.source.with_suffix("")), wish.folder.as_posix(), wish.request.voice

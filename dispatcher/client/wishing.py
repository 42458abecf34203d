"""What callers of the farm want, as commissions and in which batch: from paths, from wishes, from manifests."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

from dispatcher.jobs.batches import check_name, known_in, make_batch, open_batch, tell_of
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import ALONE, Belonging
from dispatcher.turns.taking import Turns
from dispatcher.wishes.commissions import Commissioning
from dispatcher.wishes.entries import Entry, read_entries
from dispatcher.wishes.manifest import Mistake
from dispatcher.wishes.sources import Source, find_sources
from dispatcher.wishes.targets import plan_names
from dispatcher.wishes.wish import Wish
from storage.errors import ManifestRefused
from storage.objects.address import Place
from storage.objects.reach import Reach

#: What a batch is called that has no better name.
BATCH = "batch"


def wishes_for(sources: Iterable[Place | Wish], request: Request, reach: Reach) -> list[Wish]:
    """A wish for every recording: those of the places as the request has it, wishes as they are."""
    wishes: list[Wish] = []
    places: list[Place] = []
    for source in sources:
        if isinstance(source, Wish):
            wishes.append(source)
        else:
            places.append(source)
    found = find_sources(places, reach=reach).sources if places or not wishes else []
    return [*(wish_for(source, request) for source in found), *wishes]


def wish_for(source: Source, request: Request) -> Wish:
    """A wish for a recording that was found."""
    return Wish(source.path, request, source.folder, error=source.error)


def wishes_of_manifest(path: Path, usual: Request, commissioning: Commissioning, reach: Reach) -> list[Wish]:
    """The wishes of a manifest, or a ManifestRefused that has all its mistakes."""
    entries, mistakes = read_entries(path, usual, reach)
    mistakes += _mistakes_of_requests(entries, commissioning)
    if not mistakes:
        mistakes += _mistakes_of_names(entries, commissioning)
    if mistakes:
        several = f"are {len(mistakes)} mistakes" if len(mistakes) > 1 else "is a mistake"
        ordered = sorted(mistakes, key=lambda mistake: (mistake.line, mistake.column))
        raise ManifestRefused(f"there {several} in {path}, so nothing was started", path, [astuple(m) for m in ordered])
    return [one.wish for one in entries]


def _mistakes_of_requests(entries: Sequence[Entry], commissioning: Commissioning) -> Iterator[Mistake]:
    for one in entries:
        for name, error in commissioning.mistakes(one.wish):
            yield one.row.mistake(name, error)


def _mistakes_of_names(entries: Sequence[Entry], commissioning: Commissioning) -> Iterator[Mistake]:
    targets = plan_names(commissioning.all_of(one.wish for one in entries))
    for one, target in zip(entries, targets, strict=True):
        if target.error is not None:
            yield one.row.mistake("output", target.error)


def belonging(turns: Turns, batch: str | None, like: str, count: int, notify: str = "") -> Belonging:
    """The batch that recordings go into: the one that was named, or a fresh one if they are several; the address
    `notify` is told of its end.
    """
    if batch is None and count < 2:
        return ALONE
    with turns.writing() as turn:
        if batch is None:
            found = Belonging(*make_batch(turn, name_like(like)))
        else:
            batch_id = open_batch(turn, check_name(batch))
            found = Belonging(batch_id, batch, known_in(turn.connection, batch_id))
        if notify and found.batch_id is not None:
            tell_of(turn, found.batch_id, notify)
        return found


def name_like(text: str) -> str:
    """A name for a batch after something that people know."""
    clean = "".join(c for c in text if c.isprintable()).strip()[:60]
    return f"{BATCH}-{clean}" if clean.isdecimal() else clean or BATCH

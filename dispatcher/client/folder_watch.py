"""Watching a folder: whatever recording comes to rest in it is converted, and its result put elsewhere."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from dispatcher.client.answers import THERE, Delivery
from dispatcher.client.delivering import deliver, delivery_of
from dispatcher.client.following import Following
from dispatcher.client.handing_in import handed_in
from dispatcher.jobs.submitting import Belonging
from dispatcher.turns.taking import Turns
from dispatcher.wishes.arrivals import Arrivals, look_at
from dispatcher.wishes.commissions import Commissioning
from dispatcher.wishes.places import Places
from dispatcher.wishes.sources import EVERYTHING, Chosen, files_in
from dispatcher.wishes.targets import Placing, Target, plan_targets, spare_recordings
from dispatcher.wishes.wish import Wish
from storage.audio.facts import REMEDIES
from storage.audio.mark import mark_in
from storage.errors import ServiceError
from storage.objects.address import Place
from storage.objects.store import ObjectStore

#: Seconds for which a file must stay as it is before it counts as complete: copies over a network stall that long.
SETTLE_SECONDS = 5.0
#: A recording that ends before its header says gets this many times as long: its copying may only have stalled.
STALLED = 12


@dataclass(frozen=True, slots=True)
class Watched:
    """A folder to be watched, and what becomes of what was in it."""

    folder: Path
    chosen: Chosen = EVERYTHING
    settle_seconds: float = SETTLE_SECONDS
    done: Path | None = None
    """Where recordings are moved once their results are there; else they stay."""
    failed: Path | None = None
    """Where recordings are moved that cannot be converted; else they stay."""

    def put_away(self, recording: Path, *, is_good: bool) -> Path | None:
        """Move a recording out of the way, if it is to be; returns where it is now."""
        folder = self.done if is_good else self.failed
        if folder is None:
            return None
        wanted = folder / recording.relative_to(self.folder)
        wanted.parent.mkdir(parents=True, exist_ok=True)
        place = next(p for n in count(1) if not os.path.lexists(p := _numbered(wanted, n)))
        shutil.move(recording, place)
        return place


class FolderWatch:
    """Takes in what arrives, and brings the results as they come; a bad file never stops the others."""

    def __init__(
        self,
        watched: Watched,
        turns: Turns,
        open_store: Callable[[], ObjectStore],
        commissioning: Commissioning,
        wish: Wish,
        placing: Placing,
        belong: Callable[[], Belonging],
    ) -> None:
        self.watched = watched
        self.turns = turns
        self.open_store = open_store
        self.commissioning = commissioning
        self.wish = wish
        self.placing = placing
        self.belong = belong
        self.arrivals = Arrivals(watched.settle_seconds)
        self.following = Following(turns.database)
        self.taken_in: dict[int, tuple[Place, Delivery]] = {}
        """Where the result of every job goes that is not delivered, and what is told of it so far."""

    def look(self, now: float) -> Iterator[Delivery]:
        """Take in what is complete by now, and bring what is finished; raises a ServiceError where a server is away,
        after which the next look does it.
        """
        ready = self.arrivals.complete(look_at(self._files()), now)
        try:
            for delivery in self._taken_in([path for path in ready if mark_in(path) is None]):
                if self._may_still_grow(delivery, now):
                    self.arrivals.again([_file(delivery)])
                else:
                    yield self._ended(delivery)
        except ServiceError:
            self.arrivals.again(ready)
            raise
        for job in self.following.newly_ended():
            result, told = self.taken_in.pop(job.id)
            yield self._ended(deliver(job, result, told, self.open_store, self.turns.database, Places()))

    def _may_still_grow(self, delivery: Delivery, now: float) -> bool:
        is_cut_short = delivery.error is not None and delivery.error.remedies == REMEDIES
        return is_cut_short and self.arrivals.rested(_file(delivery), now) < STALLED * self.watched.settle_seconds

    def _files(self) -> Iterator[Path]:
        aside = [
            f.absolute() for f in (self.watched.done, self.watched.failed, self.placing.out) if isinstance(f, Path)
        ]
        inside = [folder for folder in aside if folder != self.watched.folder.absolute()]
        for path in files_in(self.watched.folder, self.watched.chosen):
            if not any(path.absolute().is_relative_to(folder) for folder in inside):
                yield path

    def _taken_in(self, ready: Sequence[Path]) -> Iterator[Delivery]:
        good = []
        for target in self._targets(ready):
            if target.is_there:
                yield delivery_of(target, result=target.result, state=THERE)
            elif target.error is not None:
                yield delivery_of(target, error=target.error)
            else:
                good.append(target)
        for told in handed_in(self.turns, self.open_store, good, lambda _: self.belong()):
            if told.job is None:
                yield told
            else:
                self.taken_in[told.job] = good[told.place].result, told
                self.following.add([told.job])

    def _targets(self, ready: Iterable[Path]) -> list[Target]:
        wishes = [self.wish.of(path, path.parent.relative_to(self.watched.folder)) for path in ready]
        # One by one: each is placed as if it had come alone, into the folder of results.
        # Tried anew with each look: a folder may be closed meanwhile.
        placing = replace(self.placing, places=Places())
        planned = (plan_targets(self.commissioning.all_of([wish]), placing) for wish in wishes)
        return spare_recordings(self.turns.database, [target for (target,) in planned], placing.places)

    def _ended(self, delivery: Delivery) -> Delivery:
        try:
            self.watched.put_away(_file(delivery), is_good=delivery.is_good)
        except OSError as error:
            why = f"it cannot be moved away ({error.strerror}); check the folder's rights"
            return replace(delivery, remark=f"{delivery.remark}; {why}" if delivery.remark else why)
        return delivery


def _file(delivery: Delivery) -> Path:
    """The recording, which is always a file here."""
    return Path(str(delivery.source))


def _numbered(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_name(f"{path.stem} ({number}){path.suffix}")

"""Converting recordings and waiting for the results: handed in, watched, fetched, by a farm that is there or one hosted
for as long as it takes.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from dispatcher.client.answers import THERE, Delivery
from dispatcher.client.delivering import deliver, delivery_of
from dispatcher.client.following import BatchProgress, Following
from dispatcher.client.handing_in import HandingIn
from dispatcher.client.hosting import farm_at_work
from dispatcher.client.watching import pause_a_moment
from dispatcher.hooks.pending import is_pending
from dispatcher.jobs.ending import cancel_job
from dispatcher.jobs.quality_checks import still_unjudged
from dispatcher.jobs.submitting import Belonging
from dispatcher.local.crew import Crew, crew_for, this_machine
from dispatcher.reports.quality import read_quality
from dispatcher.turns.taking import Turns
from dispatcher.wishes.places import Places
from dispatcher.wishes.sources import usable_workers
from dispatcher.wishes.targets import Target
from storage.errors import VoicefarmError
from storage.objects.address import Place
from storage.objects.store import ObjectStore
from storage.records.schema import JobRecord
from storage.settings import Settings
from workers.engines import catalog

#: Seconds between two looks at how far open jobs are; whether any has ended is looked at more often.
LOOK_CLOSELY = 0.4
#: Seconds that hooks get before a farm of our own ends.
TOLD_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told how it goes; the default is to ignore it all."""

    progress: Callable[[BatchProgress], None] = lambda _: None
    """Called with every change of progress."""
    waiting: Callable[[Place, str], None] = lambda _, __: None
    """Called once for every recording that waits for something, with what it waits for."""
    judged: Callable[[Place, str], None] = lambda _, __: None
    """Called for every result that was judged before the conversion is over, with what was found."""
    trouble: Callable[[str], None] = lambda _: None
    """Called with what the hosted farm cannot repair by itself."""
    pause: Callable[[], None] = pause_a_moment
    """Called between two looks at the records; an exception from it ends the conversion."""


class Converting:
    """Recordings that are converted together; a bad one never stops the others."""

    def __init__(
        self,
        turns: Turns,
        open_store: Callable[[], ObjectStore],
        settings: Settings,
        audience: Audience,
        belong: Callable[[int], Belonging],
        places: Places,
    ) -> None:
        self.turns = turns
        self.open_store = open_store
        self.settings = settings
        self.audience = audience
        self.belong = belong
        self.places = places
        self.batch: str | None = None
        self.following = Following(turns.database)
        self.targets: dict[int, tuple[int, Target]] = {}
        """Place and target of every job that is not delivered."""
        self.unjudged: dict[int, Place] = {}
        """The recordings of jobs whose results are to be judged."""

    def convert(self, targets: Sequence[Target]) -> Generator[Delivery, None, None]:
        """What became of each, as soon as it is known."""
        good = []
        for place, target in enumerate(targets):
            if target.is_there:
                yield delivery_of(target, place, result=target.result, state=THERE)
            elif target.error is None:
                good.append((place, target))
            else:
                yield delivery_of(target, place, error=target.error)
        if not good:
            return
        crew = crew_to_convert(self.settings, [target for _, target in good])
        with farm_at_work(self.settings, crew, self.audience.trouble) as keep, self._cancelling():
            belonging = self.belong(len(good))
            self.batch = belonging.name
            handing_in = HandingIn(self.turns, self.open_store(), belonging, good)
            try:
                yield from self._watch_and_fetch(handing_in, keep)
                self._let_be_judged(keep)
                self._let_be_told(keep)
            finally:
                handing_in.stop()
                self.following.add(handing_in.accepted())

    def _watch_and_fetch(self, handing_in: HandingIn, keep: Callable[[], None]) -> Iterator[Delivery]:
        told: set[int] = set()
        looked_at = float("-inf")
        with ThreadPoolExecutor(self.settings.transfers, "fetch") as fetchers:
            while not handing_in.is_over or self.following.open:
                yield from self._take_in_news(handing_in)
                ended = self.following.newly_ended()
                if time.monotonic() - looked_at > LOOK_CLOSELY or not self.following.open:
                    looked_at = time.monotonic()
                    self._tell(told)
                yield from fetchers.map(lambda job: self._delivered(job, *self.targets.pop(job.id)), ended)
                keep()
                self.audience.pause()
        yield from self._take_in_news(handing_in)

    def _let_be_judged(self, keep: Callable[[], None]) -> None:
        """Tell what was found in results; a farm of our own, which ends with us, judges all of them first."""
        while self.unjudged:
            with self.turns.database.reading() as connection:
                waiting = still_unjudged(connection, self.unjudged)
                for job_id in sorted(self.unjudged.keys() - waiting):
                    quality = read_quality(connection, job_id)
                    source = self.unjudged.pop(job_id)
                    if quality is not None and quality.is_over:
                        self.audience.judged(source, quality.sentence)
            if not self.settings.is_embedded:
                return
            keep()
            self.audience.pause()

    def _let_be_told(self, keep: Callable[[], None]) -> None:
        """Give a farm of our own, which ends with us, time to call its hooks; what is left it does the next time."""
        until = time.monotonic() + TOLD_PATIENCE
        if not (self.settings.is_embedded and self.settings.has_hooks):
            return
        while is_pending(self.turns.database) and time.monotonic() < until:
            keep()
            self.audience.pause()

    def _tell(self, told: set[int]) -> None:
        """Say how far all of it is, and once of each of the first that are open what it waits for."""
        first = self.following.first_open()
        self.audience.progress(self.following.progress(first))
        for job in first:
            if job.waiting_for and job.id not in told:
                told.add(job.id)
                self.audience.waiting(self.targets[job.id][1].source, job.waiting_for)

    def _take_in_news(self, handing_in: HandingIn) -> Iterator[Delivery]:
        for place, target, found in handing_in.news():
            if isinstance(found, VoicefarmError):
                yield delivery_of(target, place, error=found)
            else:
                self.targets[found.job] = place, target
                self.following.add([found.job])
                if target.commission.checked is not None and target.commission.checked.request.quality_check:
                    self.unjudged[found.job] = target.source

    def _delivered(self, job: JobRecord, place: int, target: Target) -> Delivery:
        told = delivery_of(target, place, batch=self.batch)
        return deliver(job, target.result, told, self.open_store, self.turns.database, self.places)

    @contextmanager
    def _cancelling(self) -> Iterator[None]:
        """When the caller stops early, cancel its jobs on a farm of our own; another farm carries on without us."""
        try:
            yield
        except (KeyboardInterrupt, GeneratorExit):
            if self.settings.is_embedded:
                for job in list(self.following.open):
                    with suppress(VoicefarmError), self.turns.writing() as turn:
                        cancel_job(turn, job)
            raise


def crew_to_convert(settings: Settings, targets: Sequence[Target]) -> Crew:
    """The workers, where the work is done here."""
    checked = [c for target in targets if (c := target.commission.checked) is not None]
    engines = [catalog.engine(name) for name in sorted({c.engine for c in checked})]
    # The workers are the same for all.
    require = frozenset[str]().union(*(c.request.require for c in checked))
    most = usable_workers([target.source for target in targets])
    return crew_for(this_machine(), engines, asked=settings.workers, most=most, require=require)

"""Converting recordings and waiting for the results: handed in, watched, fetched, by a farm that is there or one hosted
for as long as it takes.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from dispatcher.client.answers import Delivery
from dispatcher.client.sources import usable_workers
from dispatcher.client.targets import Target
from dispatcher.client.watching import Progress, pause_a_moment, watch
from dispatcher.jobs.ending import cancel_job
from dispatcher.jobs.fetching import fetch_result
from dispatcher.jobs.submitting import CheckedRequest, submit
from dispatcher.local.crew import Crew, crew_for, this_machine
from dispatcher.turns.taking import Turns
from storage.errors import ConversionError, VoicefarmError
from storage.objects.store import ObjectStore
from storage.records.schema import JobRecord
from storage.records.states import JobState
from storage.settings import Settings
from workers.engines import catalog


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told how it goes; the default is to ignore it all."""

    progress: Callable[[Progress], None] = lambda _: None
    """Called with every change of progress."""
    waiting: Callable[[Path, str], None] = lambda _, __: None
    """Called once for every recording that waits for something, with what it waits for."""
    trouble: Callable[[str], None] = lambda _: None
    """Called with what the hosted farm cannot repair by itself."""
    pause: Callable[[], None] = pause_a_moment
    """Called between two looks at the records; an exception from it ends the conversion."""


class Batch:
    """Recordings that are converted together; a bad one never stops the others."""

    def __init__(
        self,
        turns: Turns,
        open_store: Callable[[], ObjectStore],
        settings: Settings,
        checked: CheckedRequest,
        audience: Audience,
    ) -> None:
        self.turns = turns
        self.open_store = open_store
        self.settings = settings
        self.checked = checked
        self.audience = audience
        self.open: dict[int, tuple[int, Target]] = {}
        """Place and target of every job that is still open."""

    def convert(self, targets: Sequence[Target]) -> Generator[Delivery, None, None]:
        """What became of each, as soon as it is known."""
        good = []
        for place, target in enumerate(targets):
            if target.error is None:
                good.append((place, target))
            else:
                yield Delivery(target.source, error=target.error, place=place)
        if not good:
            return
        with self._farm([target.source for _, target in good]) as keep, self._cancelling():
            yield from self._hand_in(good)
            if self.open:
                yield from self._watch_and_fetch(keep)

    def _hand_in(self, targets: Sequence[tuple[int, Target]]) -> Iterator[Delivery]:
        """Submit all of them and yield those that are refused."""
        for place, target in targets:
            try:
                self.open[submit(self.turns, self.open_store(), target.source, self.checked)] = place, target
            except VoicefarmError as error:
                yield Delivery(target.source, error=error, place=place)

    def _watch_and_fetch(self, keep: Callable[[], None]) -> Iterator[Delivery]:
        told: set[int] = set()

        def pause() -> None:
            keep()
            self.audience.pause()

        for progress in watch(self.turns.database, list(self.open), pause):
            self.audience.progress(progress)
            for job in progress.jobs:
                if job.waiting_for and job.id in self.open and job.id not in told:
                    told.add(job.id)
                    self.audience.waiting(self.open[job.id][1].source, job.waiting_for)
                if job.ended_at is not None and job.id in self.open:
                    yield self._delivered(job, *self.open.pop(job.id))

    def _delivered(self, job: JobRecord, place: int, target: Target) -> Delivery:
        ended = Delivery(target.source, job=job.id, state=job.state, remark=job.remark or None, place=place)
        if job.state != JobState.FINISHED:
            return replace(ended, error=ConversionError(job.reason))
        try:
            fetch_result(self.open_store(), job, target.result, self.turns.database)
        except VoicefarmError as error:
            return replace(ended, state="unfetched", error=error)
        return replace(ended, result=target.result)

    @contextmanager
    def _farm(self, recordings: Sequence[Path]) -> Iterator[Callable[[], None]]:
        """A farm to do the work: the one of the settings, or one hosted here. Yields what keeps it alive."""
        if not self.settings.is_embedded:
            from dispatcher.local.broker import require_broker

            require_broker(self.settings)
            yield lambda: None
            return
        from dispatcher.local.embedded import embedded_farm

        with embedded_farm(self.settings, self._crew(recordings), tell=self.audience.trouble) as farm:
            yield farm.keep

    def _crew(self, recordings: Sequence[Path]) -> Crew:
        """The workers, where the work is done here."""
        engines, most = [catalog.engine(self.checked.engine)], usable_workers(recordings)
        asked, require = self.settings.workers, self.checked.request.require
        return crew_for(this_machine(), engines, asked=asked, most=most, require=require)

    @contextmanager
    def _cancelling(self) -> Iterator[None]:
        """When the caller stops early, cancel its jobs on a farm of our own; another farm carries on without us."""
        try:
            yield
        except (KeyboardInterrupt, GeneratorExit):
            if self.settings.is_embedded:
                for job in self.open:
                    with suppress(VoicefarmError), self.turns.writing() as turn:
                        cancel_job(turn, job)
            raise

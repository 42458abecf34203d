"""The front door: one object through which a command line, a web page or a script uses a farm."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dispatcher.client.answers import Changed, Delivery, Submitted, WorkerKey
from dispatcher.client.auditioning import Audition, audition
from dispatcher.client.batch import Batch
from dispatcher.client.converting import Audience, Converting
from dispatcher.client.delivering import bring, in_folder, one_place
from dispatcher.client.folder_watch import FolderWatch, Watched
from dispatcher.client.forecasting import Forecasting
from dispatcher.client.handing_in import handed_in
from dispatcher.client.hosting import farm_at_work
from dispatcher.client.library import Library
from dispatcher.client.measuring import Measurements
from dispatcher.client.watching import Progress, pause_a_moment, watch
from dispatcher.client.wishing import belonging, wish_for, wishes_for, wishes_of_manifest
from dispatcher.desk.worker_keys import add_key, all_keys, remove_key
from dispatcher.jobs.checking import CheckedRequest, check_request
from dispatcher.jobs.ending import cancel_job, retry_job
from dispatcher.jobs.loading import job_in, load_job, load_jobs
from dispatcher.jobs.priorities import set_priority
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import Belonging, submit
from dispatcher.local.crew import crew_for, this_machine
from dispatcher.local.finding import Finding
from dispatcher.reports.batches import BatchSummary, read_batches
from dispatcher.reports.farm import WorkerThere, last_runs, read_workers
from dispatcher.reports.forecast import Forecast
from dispatcher.reports.job import JobReport, report_job
from dispatcher.reports.metrics import Metric, read_metrics
from dispatcher.reports.period import PeriodReport, report_period
from dispatcher.reports.pulse import Pulse, read_pulse
from dispatcher.reports.reading import read_job, read_period
from dispatcher.reports.summary import JobSummary, summarise
from dispatcher.reports.untold import untold_of_jobs
from dispatcher.reports.waiting import live_offers, places_in_line
from dispatcher.reports.work import Span
from dispatcher.wishes.combinations import Combination
from dispatcher.wishes.commissions import Commissioning, format_for
from dispatcher.wishes.naming import IN_FOLDER, Naming
from dispatcher.wishes.places import Places
from dispatcher.wishes.sources import (
    EVERYTHING,
    Chosen,
    find_sources,
    is_folder,
    place_for_results,
    refuse_address,
)
from dispatcher.wishes.targets import (
    Existing,
    Placing,
    Target,
    plan_names,
    plan_targets,
    spare_recordings,
)
from dispatcher.wishes.wish import Wish
from storage.errors import InputError, ServiceError
from storage.objects.address import Address, Place
from storage.prices import Prices
from storage.records.states import JobState
from workers.engines import catalog


@dataclass(frozen=True)
class Farm(Library):
    """A farm as its users see it. Nothing is opened until it is needed."""

    # Recordings and their jobs

    def check(self, request: Request) -> CheckedRequest:
        """Check all of a request that can be checked before any recording is read."""
        as_named = replace(request, format=format_for(request.format, None))
        return check_request(self.database, self.settings, as_named)

    def find(
        self, places: Iterable[Place], request: Request, chosen: Chosen = EVERYTHING
    ) -> tuple[list[Wish], list[Place]]:
        """A wish for every recording that places stand for, and results of the farm's own that were left out."""
        found = find_sources(places, chosen, self._reach)
        return [wish_for(source, request) for source in found.sources], found.own_results

    def read_manifest(self, path: Path, usual: Request) -> list[Wish]:
        """The wishes of a manifest (CSV, TSV or JSON Lines); what a line leaves open is as usual. A mistake refuses all
        of it, with a ManifestRefused that names every one.
        """
        return wishes_of_manifest(path, usual, Commissioning(self.database, self.settings), self._reach)

    def submit(self, recording: Place, request: Request | CheckedRequest) -> Submitted:
        """Take a recording in and ask for its conversion."""
        checked = request if isinstance(request, CheckedRequest) else self.check(request)
        with self._telling() as untold:
            job = submit(self._turns, self.store, recording, checked)
        return Submitted(job, is_told=not untold)

    def submit_all(
        self, sources: Iterable[Place | Wish], request: Request, *, batch: str | None = None, name: str | None = None
    ) -> Iterator[Delivery]:
        """Take many recordings in, several at a time: what became of each, as soon as it is known.

        They go into the batch of this name, which takes in only what it does not have already, or into a fresh one if
        they are several; `name` is the template of their results' names.
        """
        targets = self._planned(sources, request, None, name, None)
        with self._telling():
            yield from handed_in(
                self._turns, self._open_store, targets, lambda count: self._belonging(targets, batch, count)
            )

    def convert(
        self,
        sources: Iterable[Place | Wish],
        request: Request,
        out: Place | None = None,
        *,
        existing: Existing = Existing.KEEP_CURRENT,
        name: str | None = None,
        batch: str | None = None,
        audience: Audience | None = None,
    ) -> Generator[Delivery, None, None]:
        """Convert recordings, files, whole folders or addresses, and wait: what became of each, as soon as it is known.

        Results go to `out`, a file or a folder of this machine or of a bucket, else beside their recordings, or here
        where these lie at addresses, under names that follow the template `name`. Where the settings name no broker, a
        farm on this machine does the work and ends with it; whoever closes the generator early cancels what is left of
        it. Results that are up to date are left as they are, and their recordings said to be `there`.
        """
        places = Places(self._reach)
        targets = self._planned(sources, request, out, name, existing, places)
        converting = Converting(
            self._turns, self._open_store, self.settings, audience or Audience(),
            lambda count: self._belonging(targets, batch, count), places,
        )  # fmt: skip
        return converting.convert(targets)

    def forecast(
        self,
        sources: Iterable[Place | Wish],
        request: Request,
        out: Place | None = None,
        *,
        existing: Existing | None = None,
        name: str | None = None,
        batch: str | None = None,
    ) -> Forecast:
        """What handing these recordings in would come to: when it ends, and what holds it up. Nothing is changed.

        As `submit_all` would take them in; or given what to do about `existing` results, as `convert` would.
        """
        targets = self._planned(sources, request, out, name, existing)
        return Forecasting(self.database, self.settings).of(targets, batch, with_results=existing is not None)

    def audition(
        self,
        recording: Path,
        combinations: Sequence[Combination],
        start: float,
        seconds: float,
        out: Path,
        audience: Audience | None = None,
    ) -> Generator[Delivery, None, None]:
        """Convert a stretch of a recording in every combination of voices and settings, ahead of other work, into a
        folder with a page to listen to them.
        """
        return audition(self.convert, Audition(recording, combinations, start, seconds), out, audience)

    def watch_folder(
        self,
        watched: Watched,
        request: Request,
        out: Path,
        *,
        name: str | None = None,
        batch: str,
        audience: Audience | None = None,
    ) -> Iterator[Delivery]:
        """Convert whatever recording comes to rest in a folder, for ever: what became of each, as soon as it is known.

        All go into one batch, by which it is known after a restart what was taken in. Where the settings name no
        broker, a farm on this machine does the work.
        """
        refuse_address(out)
        commissioning, heard = Commissioning(self.database, self.settings), audience or Audience()
        wish, placing = Wish(watched.folder, request), Placing(out, Naming.of(name or IN_FOLDER))
        engine = catalog.engine(commissioning.checked(wish).engine)
        watch = FolderWatch(
            watched, self._turns, self._open_store, commissioning, wish, placing,
            lambda: belonging(self._turns, batch, "", 1),
        )  # fmt: skip
        crew = crew_for(this_machine(), [engine], asked=self.settings.workers, require=request.require)
        with farm_at_work(self.settings, crew, heard.trouble) as keep:
            while True:
                try:
                    yield from watch.look(time.monotonic())
                except ServiceError as error:
                    heard.trouble(str(error))
                keep()
                heard.pause()

    def jobs(
        self, limit: int = 30, state: JobState | None = None, *, batch: str | None = None, before: int | None = None
    ) -> list[JobSummary]:
        """The newest jobs, newest first, with their progress and what they wait for: all, or those in one state, of one
        batch, or older than some job.
        """
        live = live_offers(self.database)
        jobs = load_jobs(self.database, limit, state=state, batch=batch, before=before)
        line = places_in_line(self.database, jobs)
        untold = untold_of_jobs(self.database, [job.id for job in jobs])
        return [summarise(job, live, before=line.get(job.id), untold=untold.get(job.id, "")) for job in jobs]

    def job(self, job: int) -> JobSummary:
        """All that is known of one job."""
        record = load_job(self.database, job)
        before = places_in_line(self.database, [record]).get(job)
        untold = untold_of_jobs(self.database, [job]).get(job, "")
        return summarise(record, live_offers(self.database), before=before, untold=untold)

    def batches(self, limit: int = 30) -> list[BatchSummary]:
        """The newest batches, newest first: how many jobs stand where."""
        return read_batches(self.database, limit)

    def batch(self, name: str) -> Batch:
        """The batch of this name."""
        return Batch(name, self._turns, self._open_store, self._reach)

    def prioritise(self, job: int, priority: int) -> bool:
        """Give a job another priority; False if it has ended already."""
        with self._turns.writing() as turn:
            job_in(turn.connection, job)
            return bool(set_priority(turn, [job], priority))

    def cancel(self, job: int) -> Changed:
        """End a job; what is already done stays in the object store for a retry."""
        with self._telling() as untold, self._turns.writing() as turn:
            cancel_job(turn, job)
        return Changed(job, JobState.CANCELLED, is_told=not untold)

    def retry(self, job: int) -> Changed:
        """Let a failed or cancelled job continue where it stopped."""
        with self._telling() as untold, self._turns.writing() as turn:
            state = retry_job(turn, job)
        return Changed(job, state, is_told=not untold)

    def fetch(self, job: int, out: Place, *, overwrite: bool = False) -> Place:
        """Copy a finished job's result to a file or into a folder; returns where it is."""
        existing = Existing.REPLACE if overwrite else Existing.KEEP_CURRENT
        (delivery,) = self.fetch_all([job], out, existing)
        if delivery.error is not None or delivery.result is None:
            raise delivery.error or InputError(f"job {job} has no result")
        return delivery.result

    def fetch_all(
        self,
        jobs: Sequence[int],
        out: Place | None = None,
        existing: Existing = Existing.KEEP_CURRENT,
        pause: Callable[[], None] | None = None,
    ) -> Iterator[Delivery]:
        """Copy the results of jobs into a folder, else the one result to a file; given a `pause` to wait with, also
        those of jobs that are still open, as soon as they end.
        """  # fmt: skip
        out = place_for_results(out)
        for job in jobs:
            load_job(self.database, job)
        place = one_place(out) if out and len(jobs) == 1 and out.suffix and not is_folder(out) else in_folder(out)
        return bring(jobs, place, self._open_store, self.database, existing, pause, Places(self._reach))

    def watch(self, jobs: Sequence[int], pause: Callable[[], None] = pause_a_moment) -> Iterator[Progress]:
        """How far jobs are, now and after every change, until all have ended; `pause` is called between two looks."""
        return watch(self.database, jobs, pause)

    # The farm itself

    def workers(self, *, past: bool = False, since: float = 0.0) -> list[WorkerThere]:
        """The workers there are: what they can do and how fast they are.

        With `past`, also the last run of each that is gone, unless it was last seen before a moment, in seconds since
        the epoch.
        """
        lost_after = self.settings.lost_after_seconds
        found = read_workers(self.database, time.time(), lost_after, past=past, seen_since=since, prices=self._prices)
        return last_runs(found) if past else found

    def pulse(self, failed_since: float) -> Pulse:
        """How the farm is doing right now, and which jobs failed since a moment, in seconds since the epoch."""
        return read_pulse(self.database, time.time(), self.settings.lost_after_seconds, failed_since)

    @property
    def _prices(self) -> Prices:
        return Prices.of(self.settings)

    def report(self, job: int) -> JobReport:
        """Where the time of a job went."""
        now = time.time()
        return report_job(read_job(self.database, job, now), now, self._prices)

    def report_since(self, moment: float) -> PeriodReport:
        """What the farm did since a moment, in seconds since the epoch."""
        period = Span(moment, time.time())
        return report_period(read_period(self.database, period), period, self._prices)

    def draw(self, job: int, picture: Path, *, overwrite: bool = False) -> None:
        """Draw a finished job's sound and its timeline into a PNG."""
        from dispatcher.reports.picture import draw_picture

        draw_picture(read_job(self.database, job, time.time()), self.store, picture, overwrite=overwrite)

    def trace(self, job: int, target: Path, *, overwrite: bool = False) -> None:
        """Write a job's timeline for Perfetto."""
        from dispatcher.reports.trace import write_trace

        write_trace(read_job(self.database, job, time.time()), target, overwrite=overwrite)

    def metrics(self) -> list[Metric]:
        """The farm in numbers for Prometheus."""
        return read_metrics(self.database, time.time())

    def worker_keys(self) -> list[WorkerKey]:
        """The keys that workers sign with, by name."""
        return [WorkerKey(key.name, key.created_at) for key in all_keys(self.database)]

    def add_worker_key(self, name: str) -> str:
        """Make a key; returns the value for its machine's setting, which is shown only once."""
        return add_key(self.database, name)

    def remove_worker_key(self, name: str) -> int:
        """Remove a key; returns how many are left."""
        return remove_key(self.database, name)

    def measurements(self) -> Measurements:
        """What its workers bring, measured."""
        return Measurements(self._turns)

    def examine(self, unforeseen: Callable[[Exception], None] | None = None) -> Iterator[Finding]:
        """What is wrong with this machine's part of the farm, and what helps; nothing is created or changed.

        `unforeseen` is called with errors that have no sentence of their own.
        """
        # Only examining needs this import.
        from dispatcher.local.checks import examine

        return examine(self.settings, unforeseen)

    def require_broker(self) -> None:
        """Fail soon, with a sentence, if the settings name a broker that does not answer or refuses us."""
        if not self.settings.is_embedded:
            from dispatcher.local.broker import require_broker

            require_broker(self.settings)

    def _planned(
        self,
        sources: Iterable[Place | Wish],
        request: Request,
        out: Place | None,
        name: str | None,
        existing: Existing | None,
        places: Places | None = None,
    ) -> list[Target]:
        """Every recording with its checked request, and where its result goes; or without saying what to do about
        `existing` results, only what it is called.
        """
        out = place_for_results(out)
        wishes = wishes_for(sources, request, self._reach)
        commissions = Commissioning(self.database, self.settings, out).all_of(wishes)
        naming = Naming.of(name) if name else None
        if existing is None:
            return plan_names(commissions, naming)
        places = places or Places(self._reach)
        planned = plan_targets(commissions, Placing(out, naming, existing, places))
        return spare_recordings(self.database, planned, places)

    def _belonging(self, targets: Sequence[Target], batch: str | None, count: int) -> Belonging:
        told = (target.commission.wish.request.notify for target in targets)
        return belonging(self._turns, batch, _folder_name(targets[0].source), count, next(filter(None, told), ""))


def _folder_name(source: Place) -> str:
    return source.parent.name if isinstance(source, Address) else source.absolute().parent.name

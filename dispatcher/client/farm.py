"""The front door: one object through which a command line, a web page or a script uses a farm."""

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from dispatcher.client.answers import Changed, Delivery, Submitted, WorkerKey
from dispatcher.client.converting import Audience, Batch
from dispatcher.client.sources import is_folder, refuse_address
from dispatcher.client.targets import format_for, plan_targets, refuse_video, spare_recordings, why_irreplaceable
from dispatcher.client.telling import turns_of_client
from dispatcher.client.watching import Progress, pause_a_moment, watch
from dispatcher.desk.worker_keys import add_key, all_keys, remove_key
from dispatcher.jobs.ending import cancel_job, retry_job
from dispatcher.jobs.fetching import fetch_result
from dispatcher.jobs.loading import load_job, load_jobs
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import CheckedRequest, check_request, submit
from dispatcher.local.embedded import prepare_records
from dispatcher.local.finding import Finding
from dispatcher.local.private_state import open_state
from dispatcher.reports.farm import WorkerThere, last_runs, read_workers
from dispatcher.reports.job import JobReport, report_job
from dispatcher.reports.period import PeriodReport, report_period
from dispatcher.reports.pulse import Pulse, read_pulse
from dispatcher.reports.reading import read_job, read_period
from dispatcher.reports.summary import JobSummary, summarise
from dispatcher.reports.waiting import live_offers
from dispatcher.reports.work import Span
from dispatcher.turns.taking import Turns
from dispatcher.voices.adding import Adding, VoiceFile, change_voice, export_voice, remove_voice
from dispatcher.voices.models import KnownModel, all_models, remove_model
from dispatcher.voices.voices import KnownVoice, all_voices, find_voice
from storage.audio.formats import format_of
from storage.errors import BrokerUnavailable, InputError
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.states import JobState
from storage.remedies import Act, Remedy
from storage.settings import Settings
from workers.engines.voice_files import PublicModel


@dataclass(frozen=True)
class Farm:
    """A farm as its users see it. Nothing is opened until it is needed."""

    settings: Settings

    @classmethod
    def open(cls, settings: Settings | None = None) -> Self:
        """The farm of these settings, else of the environment's."""
        return cls(settings or Settings.load())

    # Recordings and their jobs

    def check(self, request: Request) -> CheckedRequest:
        """Check all of a request that can be checked before any recording is read."""
        as_named = replace(request, format=format_for(request.format, None))
        return check_request(self.database, self.settings, as_named)

    def submit(self, recording: Path, request: Request | CheckedRequest) -> Submitted:
        """Take a recording in and ask for its conversion."""
        checked = request if isinstance(request, CheckedRequest) else self.check(request)
        with self._telling() as untold:
            job = submit(self._turns, self.store, recording, checked)
        return Submitted(job, is_told=not untold)

    def convert(
        self,
        sources: Iterable[Path],
        request: Request,
        out: Path | None = None,
        *,
        overwrite: bool = False,
        skip_existing: bool = False,
        audience: Audience | None = None,
    ) -> Generator[Delivery, None, None]:
        """Convert recordings, files or whole folders, and wait: what became of each, as soon as it is known.

        Results go to `out`, a file or a folder, else beside their recordings. Where the settings name no broker, a farm
        on this machine does the work and ends with it; whoever closes the generator early cancels what is left of it.
        With `skip_existing`, recordings whose results exist already are left out, and said to be `there`.
        """
        refuse_address(out)
        checked = self.check(replace(request, format=format_for(request.format, out)))
        targets = plan_targets(
            sources, out, request.voice, checked.format, overwrite=overwrite, skip_existing=skip_existing
        )
        batch = Batch(self._turns, self._open_store, self.settings, checked, audience or Audience())
        return batch.convert(spare_recordings(self.database, targets))

    def jobs(self, limit: int = 30, state: JobState | None = None) -> list[JobSummary]:
        """The newest jobs, newest first, or those in one state, with their progress and what they wait for."""
        live = live_offers(self.database)
        return [summarise(job, live) for job in load_jobs(self.database, limit, state=state)]

    def job(self, job: int) -> JobSummary:
        """All that is known of one job."""
        return summarise(load_job(self.database, job), live_offers(self.database))

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

    def fetch(self, job: int, out: Path, *, overwrite: bool = False) -> Path:
        """Copy a finished job's result to a file or into a folder; returns where it is."""
        refuse_address(out)
        record = load_job(self.database, job)
        target = out / f"{Path(record.name).stem}.{record.format}" if is_folder(out) else out
        refuse_video(target, target.suffix)
        if target.suffix and format_of(target) != record.format:
            raise InputError(
                f"job {job} was made as {record.format}; name the file so, or submit it anew in the other format"
            )
        if os.path.lexists(target) and not overwrite:
            raise InputError(f"{target} exists already", Remedy(Act.OVERWRITE))
        if why := why_irreplaceable(target):
            raise why
        fetch_result(self.store, record, target, self.database)
        return target

    def watch(self, jobs: Sequence[int], pause: Callable[[], None] = pause_a_moment) -> Iterator[Progress]:
        """How far jobs are, now and after every change, until all have ended; `pause` is called between two looks."""
        return watch(self.database, jobs, pause)

    # Voices and models

    def voices(self) -> list[KnownVoice]:
        """Every voice, the built-in ones first."""
        return all_voices(self.database)

    def voice(self, name: str) -> KnownVoice:
        """The voice of this name."""
        return find_voice(self.database, name)

    def add_voice(self, name: str, file: VoiceFile, defaults: Mapping[str, Any] | None = None) -> KnownVoice:
        """Add a trained voice from its file, with settings that its jobs have unless they say otherwise."""
        return self._adding.voice(name, file, defaults or {})

    def change_voice(
        self, name: str, like: str | None = None, changes: Mapping[str, Any] | None = None,
        defaults: Mapping[str, Any] | None = None,
    ) -> KnownVoice:  # fmt: skip
        """Add a voice that differs from another in a few numbers, or in its own settings."""
        return change_voice(self.database, name, like, changes or {}, defaults or {})

    def remove_voice(self, name: str) -> KnownVoice:
        """Remove a voice that was added."""
        return remove_voice(self.database, self._open_store, name)

    def export_voice(self, name: str, program: str, out: Path) -> None:
        """Write a trained voice and the models it needs into a new folder, for a program elsewhere."""
        export_voice(self.database, self.store, self.settings, name, program, out)

    def models(self) -> list[KnownModel]:
        """Every model that voices share."""
        return all_models(self.database)

    def add_model(self, path: Path, name: str | None = None) -> tuple[KnownModel, bool]:
        """Add a model from its file or folder; False where the farm had it already."""
        return self._adding.model(path, name)

    def pull_models(
        self,
        names: Sequence[str] = (),
        host: str | None = None,
        showing: Callable[[PublicModel], AbstractContextManager[Callable[[int], None]]] | None = None,
    ) -> Iterator[tuple[PublicModel, KnownModel | None]]:
        """Download the models that nearly all voices need, or those named; None for each that is there already."""
        # Only downloading needs this import.
        from dispatcher.voices.downloading import Pulling

        pulling = Pulling(self._adding, self.settings.state_folder / "downloads", host)
        for model in pulling.wanted(tuple(names)):
            yield model, pulling.pull(model, showing)

    def remove_model(self, name: str) -> KnownModel:
        """Remove a model; voices that need it cannot be used until it is added again."""
        return remove_model(self.database, self._open_store, name)

    # The farm itself

    def workers(self, *, past: bool = False, since: float = 0.0) -> list[WorkerThere]:
        """The workers there are: what they can do and how fast they are.

        With `past`, also the last run of each that is gone, unless it was last seen before a moment, in seconds since
        the epoch.
        """
        lost_after = self.settings.lost_after_seconds
        found = read_workers(self.database, time.time(), lost_after, past=past, seen_since=since)
        return last_runs(found) if past else found

    def pulse(self, failed_since: float) -> Pulse:
        """How the farm is doing right now, and which jobs failed since a moment, in seconds since the epoch."""
        return read_pulse(self.database, time.time(), self.settings.lost_after_seconds, failed_since)

    def report(self, job: int) -> JobReport:
        """Where the time of a job went."""
        now = time.time()
        return report_job(read_job(self.database, job, now), now)

    def report_since(self, moment: float) -> PeriodReport:
        """What the farm did since a moment, in seconds since the epoch."""
        period = Span(moment, time.time())
        return report_period(read_period(self.database, period), period)

    def draw(self, job: int, picture: Path, *, overwrite: bool = False) -> None:
        """Draw a finished job's sound and its timeline into a PNG."""
        from dispatcher.reports.picture import draw_picture

        draw_picture(read_job(self.database, job, time.time()), self.store, picture, overwrite=overwrite)

    def worker_keys(self) -> list[WorkerKey]:
        """The keys that workers sign with, by name."""
        return [WorkerKey(key.name, key.created_at) for key in all_keys(self.database)]

    def add_worker_key(self, name: str) -> str:
        """Make a key; returns the value for its machine's setting, which is shown only once."""
        return add_key(self.database, name)

    def remove_worker_key(self, name: str) -> int:
        """Remove a key; returns how many are left."""
        return remove_key(self.database, name)

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

    # What it stands on

    @cached_property
    def database(self) -> Database:
        """The records, at the right revision."""
        if self.settings.is_embedded and not self.settings.database_url:
            prepare_records(self.settings)
        database = Database(self.settings.resolved_database_url)
        database.require_revision()
        return database

    @cached_property
    def store(self) -> ObjectStore:
        """The object store."""
        if not self.settings.objects_url:
            # Nobody else may look into a private one, from its first object on.
            open_state(self.settings)
            (self.settings.state_folder / "objects").mkdir(mode=0o700, exist_ok=True)
        return open_store(self.settings)

    def _open_store(self) -> ObjectStore:
        """Open the store only once nothing can be refused any more: opening a private one creates it."""
        return self.store

    @cached_property
    def _turns(self) -> Turns:
        return turns_of_client(self.database, self.settings, self._untold.append)

    @cached_property
    def _untold(self) -> list[BrokerUnavailable]:
        """Why the farm could not be told something just now."""
        return []

    @contextmanager
    def _telling(self) -> Iterator[Sequence[BrokerUnavailable]]:
        """Why the farm could not be told what the block does; empty if it could."""
        # What an earlier conversion could not tell is not ours.
        self._untold.clear()
        yield self._untold

    @property
    def _adding(self) -> Adding:
        return Adding(self.database, self.store, self.settings.scratch_folder)

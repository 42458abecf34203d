"""Many jobs that are split, converted and stitched in this process, with what others do in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import soundfile
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dispatcher.desk.report import complete_jobs
from dispatcher.jobs.checking import check_request
from dispatcher.jobs.loading import jobs_in, load_job
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from dispatcher.kinds.conversion import atoms_prefix, converted_prefix
from dispatcher.studio.studio import Studio
from dispatcher.turns.turn import Turn
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord
from storage.settings import Settings
from testing.quiet import QuietMessenger, quiet_turns
from testing.sounds import tone
from workers.wire.celery_app import build_app
from workers.wire.messages import AtomOrder, ConversionOrder
from workers.worker.pipeline import Pipeline
from workers.worker.voices import LoadedVoices

RATE = 44_100


@dataclass
class Desk:
    """A studio's records and store, and what is done by others in between."""

    settings: Settings
    studio: Studio
    folder: Path

    @property
    def database(self) -> Database:
        return self.studio.turns.database

    def recording(self, name: str, seconds: float) -> Path:
        path = self.folder / name
        soundfile.write(path, tone(round(seconds * RATE), RATE, 200.0 + 10 * len(name)), RATE)
        return path

    def submit(self, *paths: Path, voice: str = "through", **wanted: object) -> list[int]:
        checked = check_request(self.database, self.settings, Request(voice, **wanted))  # type: ignore[arg-type]
        return [submit(self.studio.turns, self.studio.store, path, checked) for path in paths]

    def convert(self, job_ids: list[int]) -> None:
        """What workers and desk do."""
        with self.database.reading() as connection:
            jobs = jobs_in(connection, job_ids)
            atoms = list(Session(connection).scalars(select(AtomRecord).where(AtomRecord.job_id.in_(job_ids))))
        orders = [
            ConversionOrder(
                f"t{job.id}", job.id, job.engine, job.engine_version, job.recipe, job.settings, job.rate_in,
                job.rate_voice, atoms_prefix(job), converted_prefix(job),
                tuple(AtomOrder(a.number, a.start, a.stop, a.first, a.last, a.out_start, a.out_stop)
                      for a in atoms if a.job_id == job.id),
            )
            for job in jobs.values()
            if any(a.job_id == job.id for a in atoms)
        ]  # fmt: skip
        ended: list[str] = []
        pipeline = Pipeline(self.studio.store, LoadedVoices(lambda *_: Path(), "cpu"), Event())
        pipeline.run(orders, lambda _: False, lambda *_: None, ended.append)
        assert sorted(ended) == sorted(order.token for order in orders)
        with self.database.writing() as connection:
            connection.execute(update(AtomRecord).where(AtomRecord.job_id.in_(job_ids)).values(state="done"))
            connection.execute(
                update(JobRecord).where(JobRecord.id.in_(job_ids)).values(
                    atoms_done=JobRecord.atoms, atoms_waiting=0, seconds_waiting=0.0, peak=0.5
                )
            )  # fmt: skip
            complete_jobs(Turn(connection, 0.0, self.settings), "conversion", job_ids)

    def results(self, job_ids: list[int]) -> list[bytes]:
        jobs = [load_job(self.database, job_id) for job_id in job_ids]
        assert [job.state for job in jobs] == ["finished"] * len(jobs), [job.reason for job in jobs]
        return [self.studio.store.get(str(job.result_key)) for job in jobs]

    def asked_alone(self) -> list[int]:
        messenger = self.studio.turns.messenger
        assert isinstance(messenger, QuietMessenger)
        return [asked.job_id for sent in messenger.sent for asked in sent.stages if asked.alone]


@contextmanager
def desk_at(settings: Settings, folder: Path) -> Iterator[Desk]:
    """A desk whose recordings lie in a new folder."""
    studio = Studio(settings, build_app(settings), feed=lambda: None)
    vars(studio)["turns"] = quiet_turns(Database(settings.resolved_database_url), settings)
    folder.mkdir()
    yield Desk(settings, studio, folder)
    studio.turns.database.close()

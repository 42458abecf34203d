"""A job that is split, converted and stitched in this process, step by step, with a store that can be taken away."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dispatcher.desk.report import complete_jobs
from dispatcher.jobs.checking import check_request
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from dispatcher.kinds.conversion import atoms_prefix, converted_prefix
from dispatcher.sample.recording import write_sample
from dispatcher.studio.studio import Studio
from dispatcher.turns.turn import Turn
from storage import keys
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import Outcome
from storage.settings import Settings
from testing.quiet import quiet_turns
from tests.studio.desk import Desk, desk_at
from workers.wire.celery_app import build_app
from workers.wire.messages import AtomOrder, ConversionOrder
from workers.worker.pipeline import Pipeline
from workers.worker.voices import LoadedVoices

SECONDS = 9.0


class StepByStep:
    """One job, with the voice that leaves everything as it is."""

    def __init__(self, settings: Settings, recording: Path) -> None:
        self.settings = settings
        self.objects = settings.state_folder / "objects"
        self.studio = Studio(settings, build_app(settings), feed=lambda: None)
        vars(self.studio)["turns"] = quiet_turns(Database(settings.resolved_database_url), settings)
        self.database, self.store = self.studio.turns.database, self.studio.store
        self.number = submit(
            self.studio.turns, self.store, recording, check_request(self.database, settings, Request("through"))
        )

    @property
    def job(self) -> JobRecord:
        return load_job(self.database, self.number)

    def atoms(self) -> list[AtomRecord]:
        with self.database.reading() as connection:
            return list(Session(connection).scalars(select(AtomRecord).order_by(AtomRecord.number)))

    def take_store_away(self) -> None:
        """Make every access fail, as on a network disk that is not mounted."""
        self.objects.rename(self.objects.with_name("away"))
        self.objects.symlink_to(self.objects)

    def bring_store_back(self) -> None:
        self.objects.unlink()
        self.objects.with_name("away").rename(self.objects)

    def let_time_pass(self) -> None:
        """Let whatever is due later be tried now."""
        self.set(not_before=0.0, claim_until=0.0)

    def set(self, **values: object) -> None:
        with self.database.writing() as connection:
            connection.execute(update(JobRecord).where(JobRecord.id == self.number).values(**values))

    def object_of(self, number: int, *, prepared: bool = False) -> Path:
        atom = self.atoms()[number]
        if prepared:
            return self.objects / keys.atom_key(atoms_prefix(self.job), atom.first, atom.last)
        return self.objects / keys.converted_key(
            converted_prefix(self.job), atom.start, atom.stop, atom.first, atom.last
        )

    def convert(self) -> dict[int, str]:
        """Convert all waiting atoms with a real worker's pipeline and the desk's bookkeeping; return how each ended."""
        from threading import Event

        waiting = [a for a in self.atoms() if a.state == "waiting"]
        job = self.job
        order = ConversionOrder(
            "t", job.id, job.engine, job.engine_version, job.recipe, job.settings, job.rate_in, job.rate_voice,
            atoms_prefix(job), converted_prefix(job),
            tuple(AtomOrder(a.number, a.start, a.stop, a.first, a.last, a.out_start, a.out_stop) for a in waiting),
        )  # fmt: skip
        outcomes: dict[int, str] = {}
        pipeline = Pipeline(self.store, LoadedVoices(lambda *_: Path(), "cpu"), Event())
        pipeline.run([order], lambda _: False, lambda _, o: outcomes.update({o.number: o.outcome}), lambda _: None)
        good = [n for n, outcome in outcomes.items() if outcome in (Outcome.DONE, Outcome.CACHED)]
        with self.database.writing() as connection:
            connection.execute(update(AtomRecord).where(AtomRecord.number.in_(good)).values(state="done"))
            connection.execute(
                update(JobRecord).values(
                    atoms_done=JobRecord.atoms_done + len(good), atoms_waiting=JobRecord.atoms_waiting - len(good),
                    seconds_waiting=0.0, peak=1.0,
                )
            )  # fmt: skip
            complete_jobs(Turn(connection, 0.0, self.settings), job.kind, [self.number])
        return outcomes

    def result(self) -> bytes:
        job = self.job
        assert job.state == "finished", job.reason
        assert job.result_key
        return self.store.get(job.result_key)


@pytest.fixture(scope="session")
def nine_seconds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "talk.wav"
    write_sample(path, SECONDS, rate=24_000)
    return path


@pytest.fixture
def steps(
    migrated_sqlite_url: str, tmp_path: Path, nine_seconds: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StepByStep]:
    for room in ("workers.worker.fetching", "dispatcher.studio.stitch.joining"):
        monkeypatch.setattr(f"{room}.READ_AGAIN", (0.01,))
    settings = Settings(
        state=str(tmp_path / "state"), scratch=str(tmp_path / "scratch"), atom_seconds=3.0,
        database_url=migrated_sqlite_url,
    )  # fmt: skip
    steps = StepByStep(settings, nine_seconds)
    yield steps
    steps.database.close()


@pytest.fixture
def undisturbed(steps: StepByStep) -> bytes:
    """The result when nothing goes wrong; the job then starts over, with nothing of it kept."""
    steps.studio.splitting.run(steps.number)
    steps.convert()
    steps.studio.stitching.run(steps.number)
    return steps.result()


def reopened(database: Database) -> None:
    """Take the job back from its end to its stitch."""
    with database.writing() as connection:
        connection.execute(update(JobRecord).values(state="stitching", ended_at=None, result_key=None))


@pytest.fixture
def desk(
    tmp_path: Path, build_settings: Callable[..., Settings], migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    for room in ("workers.worker.fetching", "dispatcher.studio.stitch.joining"):
        monkeypatch.setattr(f"{room}.READ_AGAIN", (0.01,))
    settings = build_settings(
        database_url=migrated_sqlite_url, scratch=str(tmp_path / "scratch"), atom_seconds=2.0, max_attempts=3
    )
    with desk_at(settings, tmp_path / "recordings") as desk:
        yield desk

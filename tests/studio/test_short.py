"""Short recordings are split and stitched together, with the same results as one by one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
import soundfile
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dispatcher.desk.report import complete_jobs
from dispatcher.jobs.checking import check_request
from dispatcher.jobs.ending import cancel_job
from dispatcher.jobs.loading import jobs_in, load_job
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import Accepted, Intake, submit, submit_all
from dispatcher.kinds.conversion import atoms_prefix, converted_prefix
from dispatcher.studio.split import short
from dispatcher.studio.studio import Studio
from dispatcher.turns.turn import Turn
from storage import keys
from storage.errors import DatabaseUnavailable, VoicefarmError
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


@pytest.fixture
def build(tmp_path: Path, build_settings: Callable[..., Settings], migrated_sqlite_url: str) -> Iterator[Desk]:
    settings = build_settings(database_url=migrated_sqlite_url, scratch=str(tmp_path / "scratch"))
    studio = Studio(settings, build_app(settings), feed=lambda: None)
    vars(studio)["turns"] = quiet_turns(Database(settings.resolved_database_url), settings)
    folder = tmp_path / "recordings"
    folder.mkdir()
    yield Desk(settings, studio, folder)
    studio.turns.database.close()


def test_together_gives_the_same_bytes_as_one_by_one(build: Desk) -> None:
    paths = [build.recording(f"{n * 'a'}.wav", 0.7 + n) for n in range(1, 5)]
    together, alone = build.submit(*paths), build.submit(*paths)
    build.studio.short_splitting.run(together)
    for job in alone:
        build.studio.splitting.run(job)
    for job_ids in (together, alone):
        build.convert(job_ids)
    build.studio.stitching.run_together(together)
    for job in alone:
        build.studio.stitching.run(job)
    assert build.results(together) == build.results(alone)
    one, other = load_job(build.database, together[2]), load_job(build.database, alone[2])
    for fact in ("atoms", "seconds", "seconds_split", "source_frames", "result_frames", "claims", "claim"):
        assert getattr(one, fact) == getattr(other, fact), fact


def test_a_bad_recording_fails_alone(build: Desk) -> None:
    good, bad, last = (build.recording(name, 1.0) for name in ("good.wav", "bad.wav", "last1.wav"))
    jobs = build.submit(good, bad, last)
    source = (
        build.studio.settings.state_folder / "objects" / keys.source_key(load_job(build.database, jobs[1]).source_hash)
    )
    source.write_bytes(source.read_bytes()[:30])
    build.studio.short_splitting.run(jobs)
    assert [load_job(build.database, job).state for job in jobs] == ["converting", "failed", "converting"]
    assert "cut off" in load_job(build.database, jobs[1]).reason


def test_a_long_recording_is_asked_for_again_alone_and_no_try_is_counted(build: Desk) -> None:
    jobs = build.submit(build.recording("short.wav", 1.0), build.recording("long.wav", 61.0))
    build.studio.short_splitting.run(jobs)
    assert build.asked_alone() == [jobs[1]]
    short, long = (load_job(build.database, job) for job in jobs)
    assert (short.state, long.state, long.claim, long.claims) == ("converting", "splitting", None, 0)
    build.studio.splitting.run(jobs[1])
    assert load_job(build.database, jobs[1]).state == "converting"


def test_a_job_that_has_crashed_a_process_takes_no_others_along(build: Desk) -> None:
    jobs = build.submit(build.recording("fine.wav", 1.0), build.recording("crashes.wav", 1.0))
    with build.database.writing() as connection:
        connection.execute(update(JobRecord).where(JobRecord.id == jobs[1]).values(claims=1))
    build.studio.short_splitting.run(jobs)
    assert [load_job(build.database, job).state for job in jobs] == ["converting", "submitted"]


def test_a_job_cancelled_while_others_are_split_stays_so(build: Desk) -> None:
    jobs = build.submit(build.recording("one.wav", 1.0), build.recording("other.wav", 1.0))
    with build.studio.turns.writing() as turn:
        cancel_job(turn, jobs[0])
    build.studio.short_splitting.run(jobs)
    assert [load_job(build.database, job).state for job in jobs] == ["cancelled", "converting"]


def test_a_lost_result_is_made_again_and_the_others_are_stitched(build: Desk) -> None:
    jobs = build.submit(*(build.recording(f"{n * 'b'}.wav", 1.0) for n in range(1, 4)))
    build.studio.short_splitting.run(jobs)
    build.convert(jobs)
    lost = load_job(build.database, jobs[1])
    for stored in list(build.studio.store.list(converted_prefix(lost) + "/")):
        build.studio.store.delete(stored.key)
    build.studio.stitching.run_together(jobs)
    assert [load_job(build.database, job).state for job in jobs] == ["finished", "converting", "finished"]
    build.convert([jobs[1]])
    build.studio.stitching.run(jobs[1])
    assert len(build.results(jobs)) == 3


@pytest.mark.parametrize("stage", ["split", "stitch"])
def test_a_store_that_is_away_is_waited_for_by_each_job(build: Desk, stage: str) -> None:
    jobs = build.submit(build.recording("one.wav", 1.0), build.recording("other.wav", 1.0))
    if stage == "stitch":
        build.studio.short_splitting.run(jobs)
        build.convert(jobs)
    objects = build.settings.state_folder / "objects"
    objects.rename(objects.with_name("away"))
    objects.symlink_to(objects)
    run = build.studio.short_splitting.run if stage == "split" else build.studio.stitching.run_together
    run(jobs)
    for job in (load_job(build.database, job_id) for job_id in jobs):
        assert (job.claim, job.claims) == (None, 0)
        assert job.waiting_for


def test_records_that_are_away_at_the_end_count_no_try(build: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = build.submit(build.recording("one.wav", 1.0), build.recording("other.wav", 1.0))

    def away(*_: object) -> None:
        raise DatabaseUnavailable("the records are away")

    monkeypatch.setattr(short, "_record", away)
    build.studio.short_splitting.run(jobs)
    for job in (load_job(build.database, job_id) for job_id in jobs):
        assert (job.state, job.claim, job.claims, job.waiting_for) == ("splitting", None, 0, "the records are away")


def test_many_are_taken_in_at_a_time_in_their_order_and_bad_ones_refused(build: Desk) -> None:
    paths = [build.recording(f"{n:03}.wav", 0.1) for n in range(100)]
    paths.insert(50, build.folder / "missing.wav")
    checked = check_request(build.database, build.settings, Request("through"))
    found = dict(submit_all(build.studio.turns, build.studio.store, [Intake(path, checked) for path in paths]))
    assert sorted(found) == list(range(101))
    assert [place for place, what in found.items() if isinstance(what, VoicefarmError)] == [50]
    by_number = {what.job: paths[place].name for place, what in found.items() if isinstance(what, Accepted)}
    with build.database.reading() as connection:
        assert {job.id: job.name for job in jobs_in(connection, list(by_number)).values()} == by_number

"""The driver's checks notice every fault they are meant to find: a farm in a wrong state cannot pass."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from storage.objects.folder import FolderStore
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import JobState
from storage.settings import Settings
from testing.chaos import checks
from testing.chaos.kinds import Kind
from testing.chaos.messages import Messages
from testing.chaos.results import is_excused, jobs_in, wrong_results
from testing.chaos.work import Task, Work, fingerprint, made
from testing.services.building import embedded_settings
from testing.services.redis import RedisServer
from workers.wire.celery_app import build_app
from workers.wire.sending import URGENT, send


@pytest.fixture
def database(migrated_sqlite_url: str) -> Iterator[Database]:
    opened = Database(migrated_sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "objects")


@pytest.fixture
def job(database: Database, store: FolderStore, work: Work, tmp_path: Path) -> int:
    """A job that ended well."""
    number = work.hand_in(database, store, embedded_settings(tmp_path), Task("word.wav", "through", 5))
    store.put("results/1.wav", b"as it should be")
    _set(database, JobRecord, state="finished", result_key="results/1.wav", claim=None)
    return number


def _set(database: Database, record: Any, **values: object) -> None:
    with database.writing() as connection:
        connection.execute(update(record).values(**values))


def _add(database: Database, record: Any, **values: object) -> None:
    with database.writing() as connection:
        connection.execute(insert(record).values(**values))


def _expected(database: Database, store: FolderStore) -> dict[Any, str]:
    return {made(job): fingerprint(store, job) for job in jobs_in(database, JobState.FINISHED)}


def test_a_job_that_ended_well_raises_no_complaint(job: int, database: Database, store: FolderStore) -> None:
    expected = _expected(database, store)
    assert not list(wrong_results(database, store, expected))
    for check in (checks.open_jobs, checks.live_leases, checks.claims, checks.ghosts, checks.misrouted):
        assert not list(check(database))


def test_one_changed_byte_is_noticed(job: int, database: Database, store: FolderStore) -> None:
    expected = _expected(database, store)
    store.put("results/1.wav", b"as it should bE")
    assert "different bytes" in "".join(wrong_results(database, store, expected))


def test_a_missing_result_and_a_failure_are_noticed(job: int, database: Database, store: FolderStore) -> None:
    expected = _expected(database, store)
    store.delete("results/1.wav")
    assert "no result" in "".join(wrong_results(database, store, expected))
    _set(database, JobRecord, state="failed", reason="it went wrong")
    assert "it went wrong" in "".join(wrong_results(database, store, expected))


def test_a_failure_is_excused_only_by_a_fault_that_explains_it(job: int, database: Database) -> None:
    _set(database, JobRecord, state="failed", reason="the disk that holds /x is full; free some space")
    (failed,) = jobs_in(database, JobState.FAILED)
    assert is_excused(failed, frozenset({Kind.OBJECTS_FULL}))
    assert not is_excused(failed, frozenset({Kind.KILLED, Kind.STORE_500}))


def test_an_open_job_and_a_claim_are_noticed(job: int, database: Database) -> None:
    _set(database, JobRecord, state="stitching", claim="x")
    assert "stitching" in "".join(checks.open_jobs(database))
    assert "claim" in "".join(checks.claims(database))


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_leftover_lease_is_noticed(job: int, database: Database, state: str) -> None:
    _add_lease(database, job, state)
    assert state in "".join(checks.live_leases(database))


def test_an_atom_that_a_finished_job_never_got_is_noticed(job: int, database: Database) -> None:
    _add(
        database, AtomRecord, job_id=job, number=0, start=0, stop=9, first=0, last=9, out_start=0, out_stop=9,
        state="waiting", attempts=0,
    )  # fmt: skip
    assert "atom 0" in "".join(checks.live_leases(database))


def test_a_dead_worker_that_counts_as_alive_is_noticed(database: Database) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    _add_worker(database, "a", pid=os.getpid())
    assert not list(checks.ghosts(database))
    _add_worker(database, "b", pid=dead.pid)
    assert str(dead.pid) in "".join(checks.ghosts(database))


def test_a_lease_of_a_worker_of_another_version_is_noticed(job: int, database: Database) -> None:
    _add_worker(database, "a", pid=1, engines={"through": "0"})
    _add_lease(database, job, "lost", worker="a")
    assert "another version" in "".join(checks.misrouted(database))


@pytest.mark.parametrize("priority", [URGENT, 3, 6, 9])
def test_a_leftover_message_is_noticed_at_every_priority(redis_server: RedisServer, priority: int) -> None:
    settings = Settings(broker_url=redis_server.url)
    with redis_server.client() as client:
        messages = Messages(client, settings.broker_prefix)
        assert not messages.left()
        send(build_app(settings), "dispatcher.tick", "dispatcher", priority=priority)
        (line,) = messages.left()
        assert "dispatcher.tick" in line


def test_a_message_taken_but_never_acknowledged_is_noticed(redis_server: RedisServer) -> None:
    settings = Settings(broker_url=redis_server.url)
    app = build_app(settings)
    send(app, "dispatcher.tick", "dispatcher")
    with redis_server.client() as client, app.connection_for_read() as connection:
        from workers.wire.celery_app import named_queue

        taken = named_queue("dispatcher")(connection.default_channel).get()
        assert taken is not None
        messages = Messages(client, settings.broker_prefix)
        (line,) = messages.unacknowledged()
        assert "dispatcher.tick" in line
        taken.ack()
        assert not messages.unacknowledged()


@pytest.mark.parametrize("name", ["scratch/voicefarm-stitch-x", "state/packages/a.part", "out/.b.wav.part"])
def test_a_leftover_file_is_noticed(tmp_path: Path, name: str) -> None:
    assert not list(checks.temporary_files(tmp_path))
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).touch()
    assert name in "".join(checks.temporary_files(tmp_path))


def test_a_folder_that_is_tidied_up_meanwhile_stops_no_check(tmp_path: Path) -> None:
    for name in ("voicefarm-stitch-a", "voicefarm-stitch-b"):
        (tmp_path / name).mkdir()
    lines = checks.temporary_files(tmp_path)
    assert "voicefarm-stitch-a" in next(lines)
    for folder in tmp_path.iterdir():
        folder.rmdir()
    assert "voicefarm-stitch-b" in next(lines), "it was listed before it went"
    assert not list(lines)


def _add_lease(database: Database, job: int, state: str, worker: str | None = None) -> None:
    _add(
        database, LeaseRecord, token="t", job_id=job, queue="q", engine="through", first_number=0, last_number=0,
        seconds=1.0, state=state, worker=worker, created_at=time.time(),
    )  # fmt: skip


def _add_worker(database: Database, name: str, pid: int, engines: dict[str, str] | None = None) -> None:
    _add(
        database, WorkerRecord, incarnation=name, name=name, queue="q", capability="cpu", device="d", offers=[],
        engines=engines or {}, host="h", pid=pid, state="ready", holding=[], started_at=0.0, last_seen=0.0,
        memory_mb=0.0,
    )  # fmt: skip

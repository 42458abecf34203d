"""A hundred thousand jobs in the records: how long people wait for lists and reports, on SQLite and PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import insert

from bench.figures import Figure, machine, show
from dispatcher.client.farm import Farm
from migrations.running import upgrade
from storage.records.database import Database
from storage.records.schema import AtomRecord, AttemptRecord, BatchRecord, JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import AtomState, JobState, LeaseState, Outcome, WorkerState
from storage.settings import Settings
from testing.services.postgres import PostgresServer

JOBS, BATCH = 100_000, 20_000
#: Rows of a transaction.
AT_ONCE = 5_000
#: Seconds that people may wait.
TARGET = 1.0
#: Jobs that ended in a second, and seconds of sound in each.
A_SECOND, SECONDS = 100, 4.0


def measure() -> list[Figure]:
    """Measure each question on both databases."""
    figures = []
    for name, farm in farms():
        for what, ask in _questions(farm):
            took = median(_timed(ask) for _ in range(3))
            figures.append(Figure(f"{what}, {name}", f"{took * 1000:.0f} ms", f"{TARGET:.0f} s", took <= TARGET))
    return figures


def _questions(farm: Farm) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "`jobs`, first page", lambda: farm.jobs(30)
    yield "`jobs --state failed`", lambda: farm.jobs(30, JobState.FAILED)
    yield "`jobs --state finished`", lambda: farm.jobs(30, JobState.FINISHED)
    yield "`jobs --before`, a page in the middle", lambda: farm.jobs(30, before=JOBS // 2)
    yield "`batches`", lambda: farm.batches(30)
    yield f"`show` of a batch of {BATCH:,}", lambda: farm.batch("batch-1").summary()
    yield f"`report` of a batch of {BATCH:,}", lambda: farm.batch("batch-1").report(time.time())
    yield "`show` of a job", lambda: farm.job(JOBS // 2)
    yield "`report` of a job", lambda: farm.report(JOBS // 2)
    yield "`report --since`, all of it", lambda: farm.report_since(0.0)
    yield "`workers`", farm.workers


def _timed(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def farms(pieces: int = 1) -> Iterator[tuple[str, Farm]]:
    """A farm on either database, with so many atoms and attempts of every job."""
    with TemporaryDirectory(prefix="voicefarm-bench-") as folder:
        yield "SQLite", _filled(Settings(database_url=f"sqlite:///{folder}/records", state=f"{folder}/state"), pieces)
        with _postgres() as url:
            yield "PostgreSQL", _filled(Settings(database_url=url, state=f"{folder}/state"), pieces)


@contextmanager
def _postgres() -> Iterator[str]:
    server = PostgresServer()
    try:
        server.start()
        yield server.url(server.create())
    finally:
        server.remove()


def _filled(settings: Settings, pieces: int) -> Farm:
    database = Database(settings.resolved_database_url)
    upgrade(database)
    now = time.time()
    with database.writing() as connection:
        connection.execute(
            insert(BatchRecord), [{"name": f"batch-{n}", "created_at": now} for n in range(JOBS // BATCH)]
        )
        connection.execute(insert(WorkerRecord), [_worker(n, now) for n in range(200)])
    for first in range(0, JOBS, AT_ONCE):
        numbers = range(first + 1, first + AT_ONCE + 1)
        with database.writing() as connection:
            connection.execute(insert(JobRecord), [_job(n, now, pieces) for n in numbers])
            connection.execute(insert(AtomRecord), [_atom(n, piece) for n in numbers for piece in range(pieces)])
            connection.execute(insert(LeaseRecord), [_lease(n, now, pieces) for n in numbers])
            connection.execute(
                insert(AttemptRecord), [_attempt(n, piece, now) for n in numbers for piece in range(pieces)]
            )
    database.close()
    return Farm(settings)


def _ended(number: int, now: float) -> float:
    return now - (JOBS - number) / A_SECOND


def _job(number: int, now: float, pieces: int) -> dict[str, object]:
    ended = _ended(number, now)
    return {
        "id": number, "batch_id": 1 + (number - 1) // BATCH, "path": f"takes/{number}.wav", "wanted": f"{number}.wav",
        "state": JobState.FAILED if number % 1000 == 0 else JobState.FINISHED, "reason": "", "name": f"{number}.wav",
        "source_hash": f"{number:064x}", "source_bytes": 128_000, "source_rate": 16_000, "source_frames": 64_000,
        "allow_truncated": False, "title": None, "artist": None, "voice": "bright", "engine": "world",
        "engine_version": "1", "recipe": {"pitch": 4}, "settings": {"pitch": 0.0, "formant": 1.0, "breath": 0.0},
        "needs": ("world",), "priority": 5, "rate_in": 24_000, "rate_voice": 24_000, "context_samples": 0,
        "rate_out": 24_000, "format": "wav", "seconds": SECONDS, "atoms": pieces, "atoms_done": pieces,
        "seconds_split": SECONDS, "seconds_done": SECONDS, "submitted_at": ended - 60, "started_at": ended - 5,
        "split_at": ended - 30, "converted_at": ended - 1, "ended_at": ended, "result_key": f"results/{number}.wav",
        "result_frames": 96_000, "result_bytes": 192_000,
    }  # fmt: skip


def _atom(number: int, piece: int) -> dict[str, object]:
    return {
        "job_id": number, "number": piece, "start": 0, "stop": 96_000, "first": 0, "last": 96_000, "out_start": 0,
        "out_stop": 96_000, "state": AtomState.DONE, "attempts": 1,
    }  # fmt: skip


def _lease(number: int, now: float, pieces: int) -> dict[str, object]:
    ended = _ended(number, now)
    return {
        "token": f"{number:032x}", "job_id": number, "queue": "convert.cpu.bench", "engine": "world",
        "first_number": 0, "last_number": pieces - 1, "seconds": SECONDS, "state": LeaseState.FINISHED,
        "worker": f"{number % 200:032x}", "created_at": ended - 5, "started_at": ended - 4, "ended_at": ended,
    }  # fmt: skip


def _attempt(number: int, piece: int, now: float) -> dict[str, object]:
    return {
        "job_id": number, "number": piece, "token": f"{number:032x}", "worker": f"w{number % 200}@host",
        "incarnation": f"{number % 200:032x}", "capability": "cpu", "device": "bench", "engine": "world",
        "outcome": Outcome.DONE, "audio_seconds": SECONDS, "convert": 0.2, "busy": 0.25, "stages": {"pitch": 0.1},
        "ended_at": _ended(number, now),
    }  # fmt: skip


def _worker(number: int, now: float) -> dict[str, object]:
    return {
        "incarnation": f"{number:032x}", "name": f"w{number}@host", "queue": "convert.cpu.bench", "capability": "cpu",
        "device": "bench", "offers": ["cpu", "world"], "engines": {"world": "1"}, "host": "host", "pid": number + 1,
        "state": WorkerState.READY, "holding": [], "started_at": now - 3600, "last_seen": now,
    }  # fmt: skip


if __name__ == "__main__":
    print(machine())
    show(measure())

"""One job on a torch worker and an MLX worker, full size: who did what, and whether it sounds like the work of one.

`python -m bench.mixed_farm` prints the job's report and a Markdown table. Single precision in both, one thread each.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
from sqlalchemy import select

from bench.figures import Figure, machine, show
from bench.rvc_farm import add_random_voice, pieces_of
from dispatcher.client.telling import turns_of_client
from dispatcher.jobs.checking import check_request
from dispatcher.jobs.fetching import fetch_result
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from dispatcher.local.child import voicefarm
from dispatcher.local.crew import Crew
from dispatcher.local.embedded import embedded_farm, prepare_records, threads
from dispatcher.local.processes import wait_until
from dispatcher.reports.waiting import live_offers
from dispatcher.sample.recording import write_sample
from storage.objects.opening import open_store
from storage.records.database import Database
from storage.records.schema import AttemptRecord
from storage.settings import Settings
from testing.rvc.joins import Signal, click, likeness
from workers.engines import catalog

ALIKE, CLICK = 0.9999, 1.5


def measure(settings: Settings, seconds: float) -> Iterator[Figure]:
    """Convert on a farm with both, then with torch alone, and compare."""
    prepare_records(settings)
    database, store = Database(settings.resolved_database_url), open_store(settings)
    folder = settings.state_folder
    add_random_voice(folder / "made", database, store)
    source, result = folder / "talk.wav", folder / "out.wav"
    write_sample(source, seconds)
    with _farm_of_both(settings):
        wait_until(lambda: len(live_offers(database)) == 2, 60.0)
        asked = Request(voice="anna", settings={"precision": "fp32"})
        number = submit(turns_of_client(database, settings), store, source, check_request(database, settings, asked))
        wait_until(lambda: load_job(database, number).ended_at is not None, 3600.0, every=0.1)
    fetch_result(store, load_job(database, number), result, database)
    print(_report(settings, number), flush=True)
    done = _atoms_by(database)
    yield Figure(
        "atoms done by torch and by MLX", f"{done['cpu']} and {done['mlx']}", "some each", min(done.values()) > 0
    )
    yield from _compared(settings, database, number, soundfile.read(result, dtype="float32")[0])


@contextmanager
def _farm_of_both(settings: Settings) -> Iterator[None]:
    with embedded_farm(settings, Crew(0, 1)):
        environment = {**os.environ, **settings.as_environment(), **threads(1)}
        mlx = voicefarm("worker-mlx", ["worker", "--only", "mlx"], settings.state_folder / "logs", environment)
        mlx.start()
        try:
            yield
        finally:
            mlx.stop()


def _report(settings: Settings, number: int) -> str:
    command = [sys.executable, "-m", "dispatcher.cli.main", "report", str(number)]
    return subprocess.run(
        command, env={**os.environ, **settings.as_environment()}, capture_output=True, text=True, check=True
    ).stdout


def _atoms_by(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        done = (
            connection.execute(select(AttemptRecord.capability).where(AttemptRecord.outcome == "done")).scalars().all()
        )
    return {capability: done.count(capability) for capability in ("cpu", "mlx")}


def _compared(settings: Settings, database: Database, number: int, mixed: Signal) -> Iterator[Figure]:
    job = load_job(database, number)
    pieces = pieces_of(database, open_store(settings), job)
    packages = settings.state_folder / "packages"
    voice = catalog.engine(job.engine).load(job.recipe, lambda content_hash, _: packages / content_hash, "cpu")
    alone = np.concatenate([voice.convert(piece, job.settings).samples for piece in pieces])
    alike = likeness(mixed, alone)
    clicks = max(click(mixed, piece.out_stop) for piece in pieces[:-1])
    yield Figure("spectrogram correlation with torch alone", f"{alike:.7f}", f"{ALIKE}", alike >= ALIKE)
    same = float(np.corrcoef(mixed, alone)[0, 1])
    yield Figure("waveform correlation with torch alone", f"{same:.7f}", f"{ALIKE}", same >= ALIKE)
    yield Figure(f"sharpest click at one of {len(pieces) - 1} joins", f"{clicks:.2f}", f"below {CLICK}", clicks < CLICK)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--atom", type=float, default=5.0, help="seconds of an atom")
    arguments = parser.parse_args()
    print(machine())
    with TemporaryDirectory(prefix="voicefarm-bench-") as name:
        show(measure(Settings(state=name, atom_seconds=arguments.atom), arguments.seconds))


if __name__ == "__main__":
    main()

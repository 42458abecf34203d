"""`voicefarm convert` on one machine: start-up, the farm's own cost, and the gain from a second worker."""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.figures import Figure, machine, show
from bench.scratch_farm import ScratchFarm, scratch_farm
from dispatcher.client.telling import turns_of_client
from dispatcher.jobs.checking import check_request
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from dispatcher.local.crew import Crew
from dispatcher.local.embedded import embedded_farm, prepare_records, threads
from dispatcher.local.processes import wait_until
from dispatcher.reports.waiting import live_offers
from dispatcher.sample.recording import write_sample
from dispatcher.studio.split.splitting import Splitting
from storage import keys
from storage.audio import atomfile
from storage.objects.opening import open_store
from storage.records.database import Database
from storage.records.schema import AtomRecord
from storage.settings import Settings
from testing.quiet import quiet_turns
from workers.engines import catalog
from workers.engines.voice import Piece

MINUTES = 10


def measure() -> list[Figure]:
    """All figures; the short one is the median of three runs."""
    with TemporaryDirectory(prefix="voicefarm-bench-") as name:
        folder = Path(name)
        short, long = folder / "short.wav", folder / "long.wav"
        write_sample(short, 1.0)
        write_sample(long, MINUTES * 60.0)
        start = median(_convert(folder, short, 0, run) for run in range(3))
        engine = _engine_alone(long)
        one, two = _on_a_standing_farm(folder / "one", long, 1), _on_a_standing_farm(folder / "two", long, 2)
        return [
            Figure("`convert` of 1 s, start-up included", f"{start:.2f} s", "4 s", start <= 4.0),
            Figure(
                f"{MINUTES} minutes, 1 worker, over the engine alone ({engine:.1f} s)",
                f"{100 * (one / engine - 1):+.1f} %", "+8 %", one <= 1.08 * engine,
            ),
            Figure("2 workers over 1", f"{one / two:.2f}x", "1.8x", one / two >= 1.8),
        ]  # fmt: skip


def _convert(folder: Path, source: Path, workers: int, run: int) -> float:
    """Wall time of the command in a fresh state folder, so that nothing is cached."""
    environment = {
        **os.environ,
        "VOICEFARM_STATE": str(folder / f"state-{run}"),
        "VOICEFARM_WORKERS": str(workers),
    }
    command = [sys.executable, "-m", "dispatcher.cli.main", "convert", str(source), "--voice", "bright"]
    began = time.perf_counter()
    subprocess.run([*command, "-o", str(folder / f"out-{run}.wav")], check=True, env=environment, capture_output=True)
    return time.perf_counter() - began


def _on_a_standing_farm(state: Path, source: Path, workers: int) -> float:
    """Wall time from submitting the recording until its result is there, on an idle farm that is running."""
    settings = Settings(state=str(state))
    prepare_records(settings)
    database, store = Database(settings.resolved_database_url), open_store(settings)
    with embedded_farm(settings, Crew(0, workers)):
        wait_until(lambda: len(live_offers(database)) == workers, 30.0)
        began = time.perf_counter()
        job = submit(
            turns_of_client(database, settings),
            store,
            source,
            check_request(database, settings, Request(voice="bright")),
        )
        wait_until(lambda: load_job(database, job).ended_at is not None, 600.0, every=0.05)
        took = time.perf_counter() - began
    if load_job(database, job).state != "finished":
        raise SystemExit(f"the conversion failed: {load_job(database, job).reason}")
    return took


def _engine_alone(source: Path) -> float:
    """Seconds of the engine on the atoms that the farm would give it, decoded beforehand, in its own process."""
    command = [sys.executable, "-m", "bench.embedded", "--engine", str(source)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **threads(1)})
    return float(done.stdout.strip().splitlines()[-1])


def _time_engine(source: Path) -> float:
    with scratch_farm() as farm:
        job = farm.submit(source, "bright")
        Splitting(quiet_turns(farm.database, farm.settings), farm.store).run(job)
        pieces = list(_pieces(farm, job))
        engine, recipe = catalog.built_in_voices()["bright"]
        voice = catalog.engine(engine).load(recipe, farm.packages.folder, "cpu")
    began = time.perf_counter()
    for piece in pieces:
        voice.convert(piece, {"seed": 0})
    return time.perf_counter() - began


def _pieces(farm: ScratchFarm, job_id: int) -> list[Piece]:
    from sqlalchemy import select

    from dispatcher.kinds.conversion import atoms_prefix

    job = load_job(farm.database, job_id)
    with farm.database.reading() as connection:
        atoms = connection.execute(select(AtomRecord).order_by(AtomRecord.number)).all()
    pieces = []
    for a in atoms:
        data = farm.store.get(keys.atom_key(atoms_prefix(job), a.first, a.last))
        pieces.append(Piece(atomfile.decode(data)[0], a.first, a.start, a.stop, a.out_start, a.out_stop))
    return pieces


if __name__ == "__main__":
    if "--engine" in sys.argv:
        print(_time_engine(Path(sys.argv[-1])))
    else:
        print(machine())
        show(measure())

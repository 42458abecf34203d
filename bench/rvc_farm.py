"""An RVC voice through the farm with one worker, compared with the engine alone: same atoms, same number of threads."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from bench.figures import Figure, machine, show
from dispatcher.client.telling import turns_of_client
from dispatcher.jobs.checking import check_request
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from dispatcher.kinds.conversion import atoms_prefix
from dispatcher.local.crew import crew_for, this_machine
from dispatcher.local.embedded import embedded_farm, prepare_records, threads
from dispatcher.local.processes import wait_until
from dispatcher.reports.waiting import live_offers
from dispatcher.sample.recording import write_sample
from dispatcher.voices.models import KnownModel, record_model
from dispatcher.voices.packages import store_package
from dispatcher.voices.voices import add_voice
from storage import keys
from storage.audio import atomfile
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord
from storage.settings import Settings
from testing.random_nets import random_voice_apart
from workers.engines import catalog
from workers.engines.package import VOICE
from workers.engines.rvc.files.door import packed_of
from workers.engines.rvc.package import ENCODER, PITCH, Package
from workers.engines.rvc.stand_in import VOICE_48K
from workers.engines.voice import Piece

VECTORS = 100_000


def measure(seconds: float) -> list[Figure]:
    """What the farm adds to the engine's seconds."""
    with TemporaryDirectory(prefix="voicefarm-bench-") as name:
        state = Path(name) / "state"
        settings = Settings(state=str(state))
        prepare_records(settings)
        database, store = Database(settings.resolved_database_url), open_store(settings)
        crew = crew_for(this_machine(), [catalog.engine("rvc")], asked=1)
        add_random_voice(Path(name) / "made", database, store)
        warm, long = Path(name) / "warm.wav", Path(name) / "long.wav"
        write_sample(warm, 5.0)
        write_sample(long, seconds)
        with embedded_farm(settings, crew):
            wait_until(lambda: len(live_offers(database)) == 1, 60.0)
            _convert(settings, database, store, warm)
            farm = _convert(settings, database, store, long)
        command = [sys.executable, "-m", "bench.rvc_farm", "--engine", str(state)]
        told = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, **threads(crew.threads)}
        )
        engine = float(told.stdout.split()[-1])
    return [
        Figure(
            f"{seconds:g} s: farm ({farm:.1f} s) over engine ({engine:.1f} s), threads: {crew.threads}",
            f"{100 * (farm / engine - 1):+.1f} %", "+5 %", farm <= 1.05 * engine,
        )
    ]  # fmt: skip


def add_random_voice(made: Path, database: Database, store: ObjectStore) -> None:
    """Add a full-size voice called anna, its content encoder and its pitch net, as if their files had been imported."""
    made.mkdir()
    recipe = random_voice_apart(made, "48k", VECTORS)
    for name, kind, content_hash in (
        ("contentvec", ENCODER, recipe.encoder),
        ("rmvpe", PITCH, str(recipe.pitch_model)),
        ("anna", VOICE, recipe.package),
    ):
        description = Package.in_folder(made / content_hash, kind).description
        store_package(store, made / content_hash, packed_of(description, {}))
        if kind != VOICE:
            facts = {"sizes": description.sizes.to_json(), "name": name}
            record_model(database, KnownModel(name, kind, content_hash, facts))
    voice = {"package": recipe.package, "rate": VOICE_48K.rate, "has_pitch": True, "content": VOICE_48K.content,
             "embedder": "contentvec", "speakers": VOICE_48K.speakers}  # fmt: skip
    add_voice(database, "anna", "rvc", voice)


def _convert(settings: Settings, database: Database, store: ObjectStore, source: Path) -> float:
    """Wall time from submitting until the result is there."""
    began = time.perf_counter()
    job = submit(
        turns_of_client(database, settings), store, source, check_request(database, settings, Request(voice="anna"))
    )
    wait_until(lambda: load_job(database, job).ended_at is not None, 3600.0, every=0.5)
    if load_job(database, job).state != "finished":
        raise SystemExit(f"the conversion failed: {load_job(database, job).reason}")
    return time.perf_counter() - began


def pieces_of(database: Database, store: ObjectStore, job: JobRecord) -> list[Piece]:
    """The atoms of a job as its workers received them."""
    with database.reading() as connection:
        query = select(AtomRecord).where(AtomRecord.job_id == job.id).order_by(AtomRecord.number)
        atoms = connection.execute(query).all()
    prefix = atoms_prefix(job)
    decoded = [atomfile.decode(store.get(keys.atom_key(prefix, a.first, a.last)))[0] for a in atoms]
    return [
        Piece(samples, a.first, a.start, a.stop, a.out_start, a.out_stop)
        for samples, a in zip(decoded, atoms, strict=True)
    ]


def _time_engine(state: Path) -> float:
    """Seconds of the engine on the atoms of the farm's last job, warmed up by those of the first."""
    settings = Settings(state=str(state))
    database, store = Database(settings.resolved_database_url), open_store(settings)
    job = load_job(database, 2)
    pieces = pieces_of(database, store, job)
    voice = catalog.engine(job.engine).load(
        job.recipe, lambda content_hash, _: state / "packages" / content_hash, "cpu"
    )
    voice.convert(Piece(pieces[0].samples[:80_000], 0, 0, 80_000, 0, 240_000), job.settings)
    began = time.perf_counter()
    for piece in pieces:
        voice.convert(piece, job.settings)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--engine", type=Path, default=None, help="only time the engine, on the farm in this folder")
    arguments = parser.parse_args()
    if arguments.engine:
        print(_time_engine(arguments.engine))
    else:
        print(machine())
        show(measure(arguments.seconds))


if __name__ == "__main__":
    main()

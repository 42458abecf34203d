"""Split and stitch on one core: throughput, and the time to the first atom."""

import os
import time
from pathlib import Path

from sqlalchemy import select, update

from bench.figures import Figure, machine, show
from bench.scratch_farm import ScratchFarm, cheap_recording, scratch_farm
from dispatcher.jobs.loading import load_job
from dispatcher.kinds.conversion import converted_prefix
from dispatcher.studio.split.splitting import Splitting
from dispatcher.studio.stitch.stitching import Stitching
from storage import keys
from storage.audio import atomfile
from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import AtomState, JobState
from testing.quiet import quiet_turns

MINUTES = 30


def measure() -> list[Figure]:
    """All figures, with this process bound to a single core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {0})
    with scratch_farm() as farm:
        source = farm.folder / "source.wav"
        cheap_recording(source, MINUTES * 60)
        return [*_split(farm, source, "through"), *_split(farm, source, "bright"), _stitch(farm)]


def _split(farm: ScratchFarm, source: Path, voice: str) -> list[Figure]:
    job_id = farm.submit(source, voice, format="flac")
    splitting = Splitting(quiet_turns(farm.database, farm.settings), farm.store)
    began = time.perf_counter()
    splitting.run(job_id)
    took = time.perf_counter() - began
    job = load_job(farm.database, job_id)
    factor = job.seconds / took
    return [
        Figure(f"split for {job.engine} ({job.rate_in} Hz)", f"{factor:.0f}x realtime", "500x", factor >= 500),
        Figure(f"first atom for {job.engine}", f"{job.first_atom_took:.2f} s", "1 s", job.first_atom_took <= 1.0),
    ]


def _stitch(farm: ScratchFarm) -> Figure:
    """Stitch the job with 24 kHz atoms, using the prepared atoms in place of converted ones."""
    job = load_job(farm.database, 2)
    prefix = converted_prefix(job)
    with farm.database.reading() as connection:
        atoms = connection.execute(select(AtomRecord).where(AtomRecord.job_id == job.id)).all()
    for atom in atoms:
        samples, rate = atomfile.decode(farm.store.get(keys.atom_key(_atoms(job), atom.first, atom.last)))
        core = samples[atom.start - atom.first : atom.stop - atom.first]
        key = keys.converted_key(prefix, atom.start, atom.stop, atom.first, atom.last)
        farm.store.put(key, atomfile.encode(core, rate))
    with farm.database.writing() as connection:
        connection.execute(update(AtomRecord).values(state=AtomState.DONE))
        connection.execute(update(JobRecord).where(JobRecord.id == job.id).values(state=JobState.STITCHING, peak=0.9))
    began = time.perf_counter()
    Stitching(quiet_turns(farm.database, farm.settings), farm.store).run(job.id)
    took = time.perf_counter() - began
    done = load_job(farm.database, job.id)
    factor = done.seconds / took if done.state == JobState.FINISHED else 0.0
    return Figure("stitch to FLAC (24 kHz)", f"{factor:.0f}x realtime", "500x", factor >= 500)


def _atoms(job: JobRecord) -> str:
    return keys.atom_prefix(job.source_hash, job.rate_in)


if __name__ == "__main__":
    print(machine())
    show(measure())

"""Recordings of several channels, converted at a desk, and what can be seen of them there."""

import io
from pathlib import Path

import numpy as np
import soundfile
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dispatcher.jobs.loading import load_job
from dispatcher.kinds.conversion import atoms_prefix, converted_prefix
from storage import keys
from storage.records.schema import AtomRecord, JobRecord
from testing.sounds import Samples, noise, tone
from tests.studio.desk import Desk
from workers.engines.samples import Samples as Voice

RATE = 22_050
FRAMES = round(5.3 * RATE)


def voices(*levels: float, frames: int = FRAMES) -> Samples:
    """Channels with something different on each, with pauses, as loud as these."""
    tones = np.stack([tone(frames, RATE, 150.0 * (n + 1)) for n in range(len(levels))], axis=1)
    samples = (tones + noise(frames, len(levels))) * np.array(levels, np.float32)
    for n in range(len(levels)):
        samples[(n + 1) * RATE : (n + 1) * RATE + 9_000, n] = 0.0
    return samples


def kept(desk: Desk, samples: Samples, name: str = "talk.wav", subtype: str = "FLOAT") -> Path:
    soundfile.write(desk.folder / name, samples, RATE, subtype)
    return desk.folder / name


def split(desk: Desk, path: Path, channels: str, **wanted: object) -> int:
    (number,) = desk.submit(path, channels=channels, **wanted)  # type: ignore[arg-type]
    desk.studio.splitting.run(number)
    return number


def converted(desk: Desk, path: Path, channels: str, **wanted: object) -> int:
    number = split(desk, path, channels, **wanted)
    desk.convert([number])
    desk.studio.stitching.run(number)
    return number


def heard(desk: Desk, number: int) -> Voice:
    (content,) = desk.results([number])
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    assert rate == load_job(desk.database, number).rate_out
    return np.asarray(samples)


def atoms(desk: Desk, number: int) -> list[AtomRecord]:
    with desk.database.reading() as connection:
        mine = select(AtomRecord).where(AtomRecord.job_id == number).order_by(AtomRecord.number)
        return list(Session(connection).scalars(mine))


def set_job(desk: Desk, number: int, **values: object) -> None:
    with desk.database.writing() as connection:
        connection.execute(update(JobRecord).where(JobRecord.id == number).values(**values))


def object_of(desk: Desk, number: int, atom: AtomRecord, *, prepared: bool) -> Path:
    job = load_job(desk.database, number)
    if prepared:
        key = keys.atom_key(atoms_prefix(job), atom.first, atom.last)
    else:
        key = keys.converted_key(converted_prefix(job), atom.start, atom.stop, atom.first, atom.last)
    return desk.settings.state_folder / "objects" / key


def back_in_its_stitch(desk: Desk, number: int) -> None:
    set_job(desk, number, state="stitching", ended_at=None, result_key=None)

"""Many short recordings through the embedded farm: how many a second, and how busy the workers are."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import soundfile
from sqlalchemy import func, select

from bench.figures import Figure, machine, show
from dispatcher.sample.recording import write_sample
from storage.records.database import Database
from storage.records.schema import AttemptRecord, JobRecord, LeaseRecord
from storage.records.states import JobState
from storage.settings import Settings

COUNT = 1_000
#: Seconds of the shortest and the longest recording, and how many lengths lie between them.
SHORTEST, LONGEST, LENGTHS = 2.0, 6.0, 41
#: Bytes a megabyte.
MB = 2**20


@dataclass(frozen=True, slots=True)
class Bulk:
    """What a batch took."""

    finished: int
    wall: float
    handed_in: float
    """Seconds from the first recording handed in to the last."""
    done: float
    """Seconds from the first recording handed in to the last result."""
    busy: float
    """Share of the time from the first lease to the last for which workers had an atom in hand."""
    memory: float
    """Megabytes that the client held at most."""
    records: float
    """Bytes of the database for each recording."""


def measure(count: int = COUNT, voices: tuple[str, ...] = ("through", "bright")) -> list[Figure]:
    """Both voices: one that costs nothing, so that all is the farm's own, and one that works."""
    found = []
    for voice in voices:
        with TemporaryDirectory(prefix="voicefarm-bench-") as name:
            found += list(_figures(voice, count, _convert(Path(name), voice, count)))
    return found


def _figures(voice: str, count: int, bulk: Bulk) -> Iterator[Figure]:
    what = f"{count:,} recordings of {SHORTEST:g}-{LONGEST:g} s, `{voice}`"
    rate, taken = bulk.finished / bulk.done, bulk.finished / max(bulk.handed_in, 0.001)
    if voice == "through":
        yield Figure(f"{what}: finished a second", f"{rate:.1f}", "150", rate >= 150)
        yield Figure(f"{what}: handed in a second", f"{taken:.0f}", "150", taken >= 150)
        yield Figure(f"{what}: memory of the client", f"{bulk.memory:.0f} MB", "150 MB", bulk.memory <= 150)
        yield Figure(f"{what}: records", f"{bulk.records:.0f} bytes each", "3000 bytes", bulk.records <= 3000)
    else:
        yield Figure(f"{what}: workers busy", f"{100 * bulk.busy:.1f} %", "90 %", bulk.busy >= 0.9)
        yield Figure(f"{what}: finished a second", f"{rate:.1f}", "", bulk.finished == count)
    yield Figure(f"{what}: in all", f"{bulk.wall:.1f} s", "", bulk.finished == count)


def _convert(folder: Path, voice: str, count: int) -> Bulk:
    write_recordings(folder / "in", count)
    settings = Settings(state=str(folder / "state"), workers=2)
    return converted(folder, voice, settings)


def converted(folder: Path, voice: str, settings: Settings) -> Bulk:
    """Convert the recordings of a folder by the command that people use, on the farm of these settings."""
    began = time.perf_counter()
    client = begin_converting(folder, voice, settings)
    memory = _most_memory(client)
    wall = time.perf_counter() - began
    if client.returncode:
        raise SystemExit((folder / "said").read_text()[-2000:])
    return _told_by_records(settings, wall, memory)


def begin_converting(folder: Path, voice: str, settings: Settings, *more: str) -> "subprocess.Popen[bytes]":
    """Start that command; what it says is kept beside the recordings."""
    command = [sys.executable, "-m", "dispatcher.cli.main", "convert", str(folder / "in"), "--voice", voice]
    with (folder / "said").open("ab") as said:
        return subprocess.Popen(
            [*command, "-o", str(folder / "out"), *more],
            env={**os.environ, **settings.as_environment()}, stdout=subprocess.DEVNULL, stderr=said,
        )  # fmt: skip


def write_recordings(folder: Path, count: int) -> None:
    """Recordings of several lengths, all different."""
    folder.mkdir()
    whole = folder / "whole.wav"
    write_sample(whole, 600.0)
    samples, rate = soundfile.read(whole, dtype="int16")
    whole.unlink()
    for number in range(count):
        length = round((SHORTEST + (LONGEST - SHORTEST) * (number % LENGTHS) / (LENGTHS - 1)) * rate)
        start = number * 7919 % (len(samples) - length)
        soundfile.write(folder / f"line-{number:05}.wav", samples[start : start + length], rate)


def _most_memory(client: subprocess.Popen[bytes]) -> float:
    """Megabytes; looked at until it ends."""
    most, process = 0, psutil.Process(client.pid)
    while client.poll() is None:
        try:
            most = max(most, process.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(0.1)
    client.wait()
    return most / MB


def _told_by_records(settings: Settings, wall: float, memory: float) -> Bulk:
    database = Database(settings.resolved_database_url)
    with database.reading() as connection:
        finished, first, last, end = connection.execute(
            select(
                func.count(), func.min(JobRecord.submitted_at), func.max(JobRecord.submitted_at),
                func.max(JobRecord.ended_at),
            ).where(JobRecord.state == JobState.FINISHED)
        ).one()  # fmt: skip
        worked, over, workers = connection.execute(
            select(func.sum(AttemptRecord.busy), func.max(AttemptRecord.ended_at),
                   func.count(AttemptRecord.incarnation.distinct()))
        ).one()  # fmt: skip
        taken = connection.execute(select(func.min(LeaseRecord.started_at))).scalar_one()
    database.close()
    size = sum(path.stat().st_size for path in settings.state_folder.glob("*.sqlite*"))
    if end is None or worked is None or taken is None or first is None or last is None or over is None:
        raise SystemExit("nothing was finished")
    return Bulk(
        finished, wall, last - first, end - first, worked / (workers * (over - taken)), memory, size / max(finished, 1)
    )


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--count", type=int, default=COUNT)
    given.add_argument("--voice", action="append")
    asked = given.parse_args()
    print(machine())
    show(measure(asked.count, tuple(asked.voice or ("through", "bright"))))

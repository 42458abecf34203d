"""What must hold on a farm that has nothing left to do; each check yields a line for everything that does not."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from fnmatch import fnmatch
from pathlib import Path

import psutil
import redis
from sqlalchemy import select

from storage.errors import VoicefarmError
from storage.objects.folder import UNFINISHED
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import ENDED_JOBS, LIVE_LEASES, WORKERS_THERE, AtomState, JobState
from testing.chaos.other_version import OTHER
from testing.chaos.standing import StandingFarm, processes_of
from testing.services.s3 import bucket_of

Lines = Iterator[str]


def unsettled(farm: StandingFarm) -> list[str]:
    """Everything that shows the farm has not settled; empty if it has."""
    checks: list[Callable[[], Lines]] = [
        lambda: open_jobs(farm.database),
        lambda: live_leases(farm.database),
        lambda: claims(farm.database),
        lambda: ghosts(farm.database),
        lambda: _messages(farm),
        lambda: temporary_objects(farm),
        lambda: temporary_files(farm.settings.state_folder.parent),
        lambda: strangers(farm),
    ]
    lines: list[str] = []
    for check in checks:
        try:
            lines += check()
        except (VoicefarmError, redis.RedisError, psutil.Error) as error:
            lines.append(f"cannot be checked: {error}")
    return lines


def open_jobs(database: Database) -> Lines:
    """A line for each job that has not ended."""
    with database.reading() as connection:
        rows = connection.execute(select(JobRecord).where(JobRecord.state.not_in(ENDED_JOBS))).all()
    for job in rows:
        done = f"{job.atoms_done} of {job.atoms} atoms done, {job.atoms_waiting} waiting"
        yield f"job {job.id} is {job.state} with {done}"


def live_leases(database: Database) -> Lines:
    """A line for each lease that waits or runs, and for each atom of a finished job that is not done."""
    with database.reading() as connection:
        leases = connection.execute(select(LeaseRecord).where(LeaseRecord.state.in_(LIVE_LEASES))).all()
        atoms = connection.execute(
            select(AtomRecord.job_id, AtomRecord.number, AtomRecord.state)
            .join(JobRecord, JobRecord.id == AtomRecord.job_id)
            .where(JobRecord.state == JobState.FINISHED, AtomRecord.state != AtomState.DONE)
        ).all()
    for lease in leases:
        yield f"lease {lease.token} of job {lease.job_id} is {lease.state}"
    for atom in atoms:
        yield f"atom {atom.number} of the finished job {atom.job_id} is {atom.state}"


def claims(database: Database) -> Lines:
    """A line for each claim that somebody holds."""
    with database.reading() as connection:
        rows = connection.execute(select(JobRecord.id, JobRecord.state).where(JobRecord.claim.is_not(None))).all()
    for job in rows:
        yield f"job {job.id}, which is {job.state}, has a claim on it"


def ghosts(database: Database) -> Lines:
    """A line for each worker that counts as alive although its process is gone."""
    with database.reading() as connection:
        rows = connection.execute(select(WorkerRecord).where(WorkerRecord.state.in_(WORKERS_THERE))).all()
    for worker in rows:
        if not psutil.pid_exists(worker.pid) or psutil.Process(worker.pid).status() == psutil.STATUS_ZOMBIE:
            yield f"the worker {worker.name} counts as {worker.state}, but its process {worker.pid} is dead"


def misrouted(database: Database) -> Lines:
    """A line for each lease that was given to a worker of another version."""
    with database.reading() as connection:
        rows = connection.execute(
            select(LeaseRecord.token, LeaseRecord.state, WorkerRecord.name, WorkerRecord.engines).join(
                WorkerRecord, WorkerRecord.incarnation == LeaseRecord.worker
            )
        ).all()
    for lease in rows:
        if OTHER in lease.engines.values():
            yield f"lease {lease.token}, now {lease.state}, went to {lease.name}, a worker of another version"


def temporary_objects(farm: StandingFarm) -> Lines:
    """A line for each half-written object."""
    root = Path(farm.settings.resolved_objects_url.removeprefix("file://"))
    if (root / UNFINISHED).is_dir():
        yield from (f"{path} is an unfinished object" for path in (root / UNFINISHED).iterdir())
    if farm.ground.s3 is not None:
        bucket = bucket_of(farm.settings.objects_url)
        for upload in farm.ground.s3.client.list_multipart_uploads(Bucket=bucket).get("Uploads", []):
            yield f"{upload.get('Key')} is an unfinished upload"


def temporary_files(folder: Path) -> Lines:
    """A line for each file that a stitch or a download failed to tidy up."""
    # Unlike pathlib's glob (Python 3.11), a walk goes on where a folder vanishes meanwhile: the farm still tidies up.
    for place, folders, files in os.walk(folder):
        for name in sorted((*folders, *files)):
            if any(fnmatch(name, pattern) for pattern in ("voicefarm-stitch-*", "*.part", ".*.part.*")):
                yield f"{Path(place) / name} was left behind"


def strangers(farm: StandingFarm) -> Lines:
    """A line for each process of this farm that is no longer below one of its own processes."""
    known = {c.process.pid for c in (*farm.supervisor.children, *farm.others) if c.process}
    for process in processes_of(farm.settings):
        if not known & {process.pid, *(parent.pid for parent in process.parents())}:
            yield f"process {process.pid} belongs to nobody: {' '.join(process.cmdline())}"


def unacknowledged(farm: StandingFarm) -> list[str]:
    """A line for each message that a process had in hand when it was killed.

    Redis keeps such messages until its visibility timeout and then hands them out again, when they no longer matter.
    """
    with closing(farm.messages) as messages:
        return messages.unacknowledged()


def _messages(farm: StandingFarm) -> Lines:
    with closing(farm.messages) as messages:
        yield from messages.left()

"""Copying a finished file to where somebody wants it, here or in a bucket: whole, or not at all."""

import os
import shutil
from pathlib import Path

from dispatcher.jobs.sacred import refuse_object, refuse_recording
from dispatcher.jobs.whole_file import whole_file
from storage.errors import InputError
from storage.objects.address import Address
from storage.objects.reach import Reach
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import JobState
from storage.remedies import Act, Remedy


def fetch_result(store: ObjectStore, job: JobRecord, target: Path, database: Database) -> None:
    """Copy a job's result to a file, which appears under its name only once it is complete. Given the records,
    what any job was made of is never replaced.
    """
    key = _result_key(job)
    elsewhere = Remedy(Act.FETCH_ELSEWHERE, str(job.id))
    with whole_file(target, elsewhere) as unfinished:
        with store.open(key) as source, unfinished.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        # At the last moment: since the planning, a recording may have been put there.
        refuse_recording(database, target, elsewhere)


def fetch_to_bucket(store: ObjectStore, job: JobRecord, address: Address, database: Database, reach: Reach) -> None:
    """Copy a job's result to an object, which S3 shows only once it is complete; the same is never replaced."""
    # Importing boto3 takes a third of a second, and most results stay on this machine.
    from storage.objects.carrying import give_out

    key, elsewhere = _result_key(job), Remedy(Act.FETCH_ELSEWHERE, str(job.id))
    if reach.is_inside_store(address):
        raise InputError(f"{address} is among the objects that the farm keeps for itself", elsewhere)
    bucket = reach.bucket(address)
    if found := bucket.find(address.key):
        refuse_object(database, bucket, found, address, elsewhere)
    give_out(store, key, bucket, address.key)


def _result_key(job: JobRecord) -> str:
    if job.state != JobState.FINISHED or job.result_key is None:
        raise no_result(job)
    return job.result_key


def no_result(job: JobRecord) -> InputError:
    """Why there is nothing to fetch of a job."""
    why = f" ({job.reason})" if job.reason else ""
    return InputError(f"job {job.id} is {job.state}{why}, so there is no result to fetch yet")

"""Bringing a finished file to where somebody wants it: whole, or not at all."""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from dispatcher.jobs.sacred import refuse_recording
from storage.errors import InputError, NoSpace
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import JobState


def fetch_result(store: ObjectStore, job: JobRecord, target: Path, database: Database) -> None:
    """Copy a job's result to a file, which appears under its name only when it is complete; with the records at hand,
    what any job was made of is never replaced.
    """
    if job.state != JobState.FINISHED or job.result_key is None:
        why = f" ({job.reason})" if job.reason else ""
        raise InputError(f"job {job.id} is {job.state}{why}, so there is no result to fetch yet")
    elsewhere = f"`voicefarm fetch {job.id} -o …`"
    unfinished = unfinished_beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with store.open(job.result_key) as source, unfinished.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        # At the last moment: what lay there when it was planned may have been replaced by a recording since.
        refuse_recording(database, target, f"put it elsewhere by {elsewhere}")
        unfinished.replace(target)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise NoSpace(f"the disk is full where {target} should go; free some space and run {elsewhere}") from error
        raise InputError(f"{target} cannot be written ({error.strerror}); put it elsewhere by {elsewhere}") from error
    finally:
        # Where its folder cannot be, it is not there either.
        with suppress(OSError):
            unfinished.unlink()


def unfinished_beside(target: Path) -> Path:
    """A hidden name on the same disk; a short one, so that a target may have the longest that the disk knows."""
    return target.with_name(f".voicefarm-{uuid4().hex[:8]}.part")

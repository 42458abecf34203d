"""Judging results that are there: a few stretches of each, against the same of its recording, one at a time."""

import logging
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
from sqlalchemy import update

from dispatcher.jobs.loading import load_job
from dispatcher.jobs.quality_checks import CLAIM_SECONDS, DUE, IN_HAND, PAUSE
from dispatcher.quality.hearing import Recording
from dispatcher.quality.judging import Wanted, judged_in_stretches
from dispatcher.quality.stretches import stretches_of
from storage import keys
from storage.audio.channels import Channels
from storage.errors import ObjectMissing, ServiceError, VoicefarmError
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.quality_checks import QualityCheckRecord
from storage.records.schema import JobRecord
from storage.records.states import CheckState
from workers.engines import catalog

logger = logging.getLogger("voicefarm.studio")

#: Tries, each of which may have ended its process, before a result is left unjudged.
MOST_TRIES = 3
#: Seconds of one run, so that other work gets its turn; the next tick asks for the rest.
LONGEST = 30.0


class _Taken(NamedTuple):
    """A result that is ours to judge."""

    job_id: int
    tries: int


class QualityChecking:
    """Judges what is due; a verdict changes nothing about the job."""

    def __init__(self, database: Database, store: ObjectStore, clock: Callable[[], float] = time.time) -> None:
        self.database = database
        self.store = store
        self.clock = clock

    def run(self) -> None:
        """Judge results for as long as one run may take."""
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            claim = uuid4().hex
            taken = self._take(claim)
            if taken is None:
                return
            self._write_down(taken.job_id, claim, self._found(taken))

    def _take(self, claim: str) -> _Taken | None:
        """Claim the next, unless somebody else is judging; each taking counts as a try, lest one kill all studios."""
        now = self.clock()
        with self.database.deciding() as connection:
            if connection.execute(IN_HAND, {"now": now}).first() is not None:
                return None
            due = DUE.order_by(JobRecord.priority, QualityCheckRecord.job_id).limit(1)
            job_id = connection.execute(due, {"now": now}).scalar()
            if job_id is None:
                return None
            taking = (
                update(QualityCheckRecord)
                .where(QualityCheckRecord.job_id == job_id)
                .values(claim=claim, due_at=now + CLAIM_SECONDS, tries=QualityCheckRecord.tries + 1)
                .returning(QualityCheckRecord.tries)
            )
            return _Taken(int(job_id), int(connection.execute(taking).scalar_one()))

    def _found(self, taken: _Taken) -> dict[str, Any]:
        """What is to be written down of a result: the verdict, that it is tried again, or why it is not."""
        if taken.tries > MOST_TRIES:
            return _given_up("whoever judges it ends without a word; see the studio's log")
        try:
            return self._judged(load_job(self.database, taken.job_id))
        except ObjectMissing as error:
            return _given_up(str(error))
        except ServiceError as error:
            logger.warning("job %d is not judged yet: %s", taken.job_id, error)
            # What is away is not the result's fault.
            return {"due_at": self.clock() + PAUSE, "tries": taken.tries - 1}
        except VoicefarmError as error:
            return _given_up(str(error))
        except Exception as error:
            logger.exception("job %d could not be judged", taken.job_id)
            return _given_up(f"{type(error).__name__}: {error}")

    def _judged(self, job: JobRecord) -> dict[str, Any]:
        began = time.perf_counter()
        channel = Channels(job.channels).number
        stretches = stretches_of(job.length)
        moved = catalog.engine(job.engine).semitones(job.recipe, job.settings)
        wanted = Wanted(moved, keeps_melody=moved is not None)
        with (
            closing(self.store.open(keys.source_key(job.source_hash))) as source,
            closing(self.store.open(job.result_key or "")) as result,
        ):
            verdict = judged_in_stretches(
                Recording(source, job.name, channel, job.track, job.allow_truncated),
                Recording(result, f"the result of job {job.id}", channel if job.mix_back else None),
                wanted,
                stretches,
            )
        return {
            "state": CheckState.JUDGED, "verdict": msgspec.to_builtins(verdict), "heard_seconds": stretches.seconds,
            "took": time.perf_counter() - began, "judged_at": self.clock(),
        }  # fmt: skip

    def _write_down(self, job_id: int, claim: str, found: dict[str, Any]) -> None:
        ours = (QualityCheckRecord.job_id == job_id, QualityCheckRecord.claim == claim)
        with self.database.writing() as connection:
            connection.execute(update(QualityCheckRecord).where(*ours).values(claim=None, **found))


def _given_up(reason: str) -> dict[str, Any]:
    return {"state": CheckState.GIVEN_UP, "reason": reason}

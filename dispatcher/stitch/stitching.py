"""The stitch of one job: join, guard, resample, encode, publish, record, as a stream from end to end."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dispatcher.jobs.claim import Claim
from dispatcher.jobs.conversion import atoms_prefix, converted_prefix
from dispatcher.jobs.ending import fail_job
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.moves import move
from dispatcher.life import Event
from dispatcher.stitch import loudness
from dispatcher.stitch.joining import at_rate, guarded, joined, lengths, prepared
from storage import keys
from storage.audio.grid import resampled_length
from storage.audio.write import open_result
from storage.errors import AudioError, NoSpace, ObjectMissing, StaleClaim
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import JobState
from workers.engines.engine import Samples


class Stitching:
    """Stitches jobs."""

    def __init__(self, database: Database, store: ObjectStore, scratch: Path) -> None:
        self.database = database
        self.store = store
        self.scratch = scratch

    def run(self, job_id: int) -> None:
        """Stitch a job unless somebody else does or it has ended; what waiting cannot cure fails the job."""
        claim = Claim(self.database, job_id)
        if not claim.take(JobState.STITCHING):
            return
        with claim:
            try:
                self._stitch(load_job(self.database, job_id), claim)
            except StaleClaim:
                return
            except (AudioError, ObjectMissing, NoSpace) as error:
                fail_job(self.database, job_id, str(error))

    def _stitch(self, job: JobRecord, claim: Claim) -> None:
        began = time.perf_counter()
        frames = resampled_length(job.source_frames, job.source_rate, job.rate_out)
        blocks = self._levelled(job, claim)
        if job.rate_out != job.rate_voice:
            blocks = at_rate(blocks, job.rate_voice, job.rate_out)
        self.scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.scratch, prefix="voicefarm-stitch-") as folder:
            path = Path(folder) / f"result.{job.format}"
            with open_result(
                path, rate=job.rate_out, format=job.format, frames=frames, title=job.title, artist=job.artist
            ) as result:
                for block in exactly(blocks, frames):
                    claim.check()
                    result.write(block)
            key = keys.result_key(job.id, claim.token[:12], job.format)
            self.store.put_file(key, path)
            size = path.stat().st_size
        with self.database.writing() as connection:
            move(
                connection, job.id, Event.STITCHED, claim=claim.token, claim_over=True, result_key=key,
                result_frames=frames, result_bytes=size, ended_at=time.time(), stitch_took=time.perf_counter() - began,
            )  # fmt: skip

    def _levelled(self, job: JobRecord, claim: Claim) -> Iterator[Samples]:
        """The atoms joined, as loud as the job wants them, and nowhere beyond full scale."""
        mix = float(job.settings.get(loudness.SETTING, 1.0))
        if mix >= 1.0:
            return guarded(self._joined(job), job.peak)
        peak = 0.0
        for block in self._mixed(job, mix):
            claim.check()
            peak = max(peak, float(np.max(np.abs(block), initial=0.0)))
        # Only at its end is the loudest sample known, and reading it all again is cheaper than keeping it.
        return guarded(self._mixed(job, mix), peak)

    def _joined(self, job: JobRecord) -> Iterator[Samples]:
        return joined(self.database, self.store, job, converted_prefix(job))

    def _mixed(self, job: JobRecord, mix: float) -> Iterator[Samples]:
        length, out_length = lengths(self.database, job)
        source = prepared(self.database, self.store, job, atoms_prefix(job))
        return loudness.mixed(
            loudness.Stream(self._joined(job), job.rate_voice, out_length),
            loudness.Stream(source, job.rate_in, length),
            mix,
        )


def exactly(blocks: Iterator[Samples], frames: int) -> Iterator[Samples]:
    """The stream with exactly so many samples: two roundings in a row may be one off, and only one."""
    left = frames
    for block in blocks:
        if len(block):
            yield block[:left]
            left -= min(len(block), left)
    if left > 1:
        raise AudioError(f"the joined atoms are {left} samples short; this is a fault of the farm, please report it")
    if left:
        yield np.zeros(left, np.float32)

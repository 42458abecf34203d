"""The stitch of one job: join, guard, resample, encode, publish, record, as a stream from end to end."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import bindparam, update

from dispatcher.jobs.ending import end_all
from dispatcher.jobs.life import Event
from dispatcher.jobs.loading import jobs_in, load_job
from dispatcher.kinds.conversion import STITCH
from dispatcher.studio.stage.claim import Claim, work_on
from dispatcher.studio.stage.together import SHORT, leave_long, tried, work_together
from dispatcher.studio.stitch.after_effects import AfterEffects
from dispatcher.studio.stitch.atoms import Atoms, PagedAtoms, held_atoms
from dispatcher.studio.stitch.finishing import finished, look_beside, sound_path
from dispatcher.studio.stitch.joining import gain_for, guarded
from dispatcher.studio.stitch.mixing_back import among_others, channels_of_result, recording_of
from dispatcher.studio.stitch.reopening import reopen
from dispatcher.studio.stitch.scratch import scratch_room
from dispatcher.studio.stitch.sound import ConvertedSound, side_by_side
from dispatcher.turns.taking import Turns
from storage import keys
from storage.audio.blocks import Frames, Mono
from storage.audio.depth import subtype_of
from storage.audio.grid import resampled_length
from storage.audio.layouts import layout_in
from storage.audio.resample import resampled
from storage.audio.write import NO_LABELS, Labels, Stored, open_result
from storage.errors import AtomLost, AudioError, VoicefarmError
from storage.objects.store import ObjectStore
from storage.records.schema import JobRecord
from workers.engines.samples import Samples

#: How far the gain that a reported peak asks for may be from what the samples themselves ask for. Atoms are kept with
#: 24 bits, so their peak differs from the one that was measured before by as much as that rounds.
SAME_GAIN = 1e-4


@dataclass(slots=True)
class _Peak:
    """The loudest sample of all streams that pass through."""

    value: float = 0.0

    def of(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        """The unchanged stream."""
        for block in blocks:
            self.value = max(self.value, float(np.max(np.abs(block), initial=0.0)))
            yield block


@dataclass(frozen=True, slots=True)
class _Output:
    """The file that a result's sound is written to."""

    path: Path
    frames: int
    dither: bool
    """Whether rounding its samples takes something from the recording's."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A result that lies in the store."""

    job_id: int
    key: str
    frames: int
    size: int
    took: float


class Stitching:
    """Stitches jobs, and has atoms made again that the store did not keep."""

    def __init__(self, turns: Turns, store: ObjectStore) -> None:
        self.turns = turns
        self.database = turns.database
        self.store = store
        self.scratch = turns.settings.scratch_folder

    def run(self, job_id: int) -> None:
        """Stitch a job unless another process does or it has ended; what waiting cannot cure fails the job."""
        work_on(self.turns, job_id, STITCH.states, lambda claim: self._stitch_or_reopen(job_id, claim))

    def _stitch_or_reopen(self, job_id: int, claim: Claim) -> None:
        job = load_job(self.database, job_id)
        try:
            self._stitch(job, claim)
        except AtomLost as lost:
            reopen(self.turns, self.store, job, claim, lost)

    def run_together(self, job_ids: Sequence[int]) -> None:
        """Stitch all that are short and that nobody else stitches; ask for the others again, each alone."""
        work_together(self.turns, job_ids, STITCH.states, self._stitch_together)

    def _stitch_together(self, claim: Claim) -> Iterator[tuple[int, VoicefarmError]]:
        with self.database.reading() as connection:
            jobs = jobs_in(connection, claim.job_ids)
        short = [job for job in jobs.values() if job.seconds <= SHORT]
        leave_long(self.turns, claim, STITCH, jobs.keys() - {job.id for job in short})
        atoms = held_atoms(self.database, [job.id for job in short])
        made: list[_Made] = []
        with scratch_room(self.scratch) as folder:
            for job, found in tried(
                self.turns.settings.transfers, short, lambda job: self._make(job, atoms[job.id], claim, folder)
            ):
                if isinstance(found, AtomLost):
                    reopen(self.turns, self.store, job, claim, found)
                elif isinstance(found, VoicefarmError):
                    yield job.id, found
                else:
                    made.append(found)
        _record(self.turns, claim, made)

    def _stitch(self, job: JobRecord, claim: Claim) -> None:
        with scratch_room(self.scratch) as folder:
            made = self._make(job, PagedAtoms(self.database, job.id), claim, folder)
        _record(self.turns, claim, [made])

    def _make(self, job: JobRecord, atoms: Atoms, claim: Claim, folder: Path) -> _Made:
        """Write a job's result in a folder of ours, and put it into the store."""
        began = time.perf_counter()
        frames = resampled_length(job.source_frames, job.source_rate, job.rate_out)
        beside = look_beside(self.store, job)
        sound = sound_path(folder, job)
        self._write(ConvertedSound(self.store, atoms, job), claim, _Output(sound, frames, dither=beside.is_deeper))
        path = finished(self.store, job, beside, sound, frames, claim.check)
        key = keys.result_key(job.id, claim.token[:12], job.format)
        self.store.put_file(key, path)
        size = path.stat().st_size
        path.unlink()
        return _Made(job.id, key, frames, size, time.perf_counter() - began)

    def _write(self, sound: ConvertedSound, claim: Claim, output: _Output) -> None:
        """The finished file, turned down as its samples require, whatever the reports said of them."""
        turned, expected = _turned(sound, claim, output.frames)
        found = _encode(sound, turned, claim, output, expected)
        if abs(gain_for(found) - gain_for(expected)) > SAME_GAIN * gain_for(found):
            _encode(sound, turned, claim, output, found)


#: The channels that were converted side by side, turned down for a peak, while the one that they really have is found.
_Turned = Callable[[_Peak, float], Iterator[Mono | Frames]]


def _turned(sound: ConvertedSound, claim: Claim, frames: int) -> tuple[_Turned, float]:
    """What is written for which peak, and the peak that is to be expected.

    All channels are turned down alike, so that their balance stays.
    """
    job = sound.job

    def plain(found: _Peak, peak: float) -> Iterator[Mono | Frames]:
        channels = sound.channels()
        written = [None if one is None else _finished(found.of(one), job, frames, peak) for one in channels]
        return side_by_side(written, frames)

    def joined() -> Iterator[Mono | Frames]:
        for block in plain(_Peak(), 0.0):
            claim.check()
            yield block

    if job.effects_after:
        # What effects make of a peak, they tell only at the end; most chains keep it within full scale.
        effects = AfterEffects(job, len(sound.stretches), joined)
        return lambda found, peak: guarded(found.of(effects.blocks()), peak), 0.0
    return plain, _peak_of(sound, claim) if sound.is_mixed else job.peak


def _encode(sound: ConvertedSound, turned: _Turned, claim: Claim, output: _Output, peak: float) -> float:
    """Write the file for an expected peak; returns the peak that its samples really have."""
    job, found = sound.job, _Peak()
    # In MP3, libsndfile knows no letters but Latin ones, and `finished` puts the labels in.
    labels = NO_LABELS if job.format == "mp3" else Labels(job.title, job.artist, job.mark)
    blocks, kind = turned(found, peak), output.path.suffix
    with (
        recording_of(sound.store, job) as recording,
        open_result(
            output.path, rate=job.rate_out, format=kind, frames=output.frames, channels=channels_of_result(job),
            labels=labels, stored=Stored(subtype_of(job.depth), output.dither),
            layout="" if recording is None else layout_in(kind, None, recording.facts.layout),
        ) as result,
    ):  # fmt: skip
        for block in blocks if recording is None else among_others(blocks, recording, job):
            claim.check()
            result.write(block)
    return found.value


def _finished(channel: Iterator[Samples], job: JobRecord, frames: int, peak: float) -> Iterator[Samples]:
    """A channel as it is written."""
    blocks = guarded(channel, peak)
    if job.rate_out != job.rate_voice:
        blocks = resampled(blocks, job.rate_voice, job.rate_out)
    return exactly(blocks, frames)


def _peak_of(sound: ConvertedSound, claim: Claim) -> float:
    """Find the peak first: it is known only at the end, and reading everything again is cheaper than keeping it."""
    peak = _Peak()
    for channel in sound.channels():
        for _ in peak.of(channel or iter(())):
            claim.check()
    return peak.value


def _record(turns: Turns, claim: Claim, made: Sequence[_Made]) -> None:
    """Write down the results of all jobs that are still ours to stitch."""
    with turns.writing() as turn:
        ours = claim.still_held(turn.connection, [one.job_id for one in made], *STITCH.states)
        rows = [asdict(one) for one in made if one.job_id in ours]
        if not rows:
            return
        turn.connection.execute(
            update(JobRecord)
            .where(JobRecord.id == bindparam("job_id"))
            .values(
                result_key=bindparam("key"), result_frames=bindparam("frames"), result_bytes=bindparam("size"),
                stitch_took=bindparam("took"),
            ),
            rows,
            execution_options={"synchronize_session": None},
        )  # fmt: skip
        end_all(turn, sorted(ours), Event.STITCHED, claim=claim.token)


def exactly(blocks: Iterator[Samples], frames: int) -> Iterator[Samples]:
    """The stream with exactly this many samples: two roundings in a row may be off by one, and only one."""
    left = frames
    for block in blocks:
        if len(block):
            yield block[:left]
            left -= min(len(block), left)
    if left > 1:
        raise AudioError(f"the joined atoms are {left} samples short; this is a fault of the farm, please report it")
    if left:
        yield np.zeros(left, np.float32)

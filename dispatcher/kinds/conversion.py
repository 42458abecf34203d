"""Conversion: a recording is cut into atoms, each atom is converted, and the results are joined to one file."""

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Protocol

from dispatcher.kinds.kind import Kind, Stage
from storage import keys
from storage.audio.channels import Channels
from storage.audio.grid import channel_stride
from storage.printable import printable
from storage.records.rows import AtomRow
from storage.records.schema import JobRecord
from storage.records.states import JobState
from workers.engines import catalog
from workers.wire.messages import CONVERSION, AtomOrder, AtomOutcome, ConversionOrder
from workers.wire.routes import MEND_TASK, SPLIT_QUEUE, SPLIT_TASK, STITCH_QUEUE, STITCH_TASK

#: Jobs in one message that asks for a split or stitch: short recordings of these take a studio about half a second.
TOGETHER = 64
SPLIT = Stage("its split", SPLIT_TASK, SPLIT_QUEUE, (JobState.SUBMITTED, JobState.SPLITTING), most_together=TOGETHER)
MEND = Stage("cutting it again", MEND_TASK, SPLIT_QUEUE, (JobState.CONVERTING,), JobRecord.atoms_damaged > 0)
STITCH = Stage("its stitch", STITCH_TASK, STITCH_QUEUE, (JobState.STITCHING,), most_together=TOGETHER)


class Sounding(Protocol):
    """What determines how a job's atoms sound."""

    @property
    def source_hash(self) -> str: ...  # noqa: D102
    @property
    def channels(self) -> str: ...  # noqa: D102
    @property
    def track(self) -> int: ...  # noqa: D102
    @property
    def effects_before(self) -> str: ...  # noqa: D102
    @property
    def rate_in(self) -> int: ...  # noqa: D102
    @property
    def rate_voice(self) -> int: ...  # noqa: D102
    @property
    def engine(self) -> str: ...  # noqa: D102
    @property
    def engine_version(self) -> str: ...  # noqa: D102
    @property
    def recipe(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def settings(self) -> Mapping[str, Any]: ...  # noqa: D102


def atoms_prefix(job: Sounding) -> str:
    """Where the job's atoms are kept as they were cut."""
    return keys.atom_prefix(job.source_hash, job.rate_in, job.channels, job.track, _effects(job.effects_before))


def converted_prefix(job: Sounding) -> str:
    """Where the job's converted atoms are kept: the same facts give the same keys, and so the same objects."""
    return _converted_prefix(job, atoms_prefix(job))


def _converted_prefix(job: Sounding, atoms: str) -> str:
    return keys.converted_prefix(
        atoms,
        {
            "engine": job.engine,
            "version": job.engine_version,
            "recipe": job.recipe,
            "settings": {name: value for name, value in job.settings.items() if name not in _of_whole()},
            "rate": job.rate_voice,
        },
    )


@cache
def _of_whole() -> frozenset[str]:
    """Settings that are applied to the joined result, so that another choice of them needs no atom converted again."""
    return frozenset(s.name for engine in catalog.engines() for s in engine.settings if s.is_of_whole)


@lru_cache(maxsize=256)
def _effects(text: str) -> Sequence[Any]:
    """All that determines what a chain of effects does to samples; most jobs have none."""
    if not text:
        return ()
    # Only jobs with effects need this import.
    from workers.effects.grammar import read_chain

    return read_chain(text).identity


class Conversion(Kind):
    """The kind of work that the farm was built for."""

    name = CONVERSION
    first = SPLIT
    last = STITCH
    stages = (SPLIT, STITCH, MEND)

    def order(self, job: JobRecord, token: str, pieces: Sequence[AtomRow]) -> ConversionOrder:
        """The voice, and where each atom lies and its result belongs."""
        atoms = atoms_prefix(job)
        return ConversionOrder(
            token=token,
            job_id=job.id,
            engine=job.engine,
            engine_version=job.engine_version,
            recipe=job.recipe,
            settings=job.settings,
            rate_in=job.rate_in,
            rate_voice=job.rate_voice,
            atoms_prefix=atoms,
            converted_prefix=_converted_prefix(job, atoms),
            atoms=tuple(AtomOrder(*piece) for piece in pieces),
        )

    def told(self, job: JobRecord, seconds: float) -> str:
        """How much of which recording, in which voice."""
        return printable(f"{seconds:.0f} s of {job.name} in voice {job.voice}, job {job.id}")

    def left_behind(self, job: JobRecord) -> tuple[str, ...]:
        """The atoms, before and after conversion, and what was found out of them."""
        atoms = atoms_prefix(job)
        return atoms, _converted_prefix(job, atoms), keys.heard_prefix(atoms)

    def called(self, job: JobRecord, start: int, stop: int) -> str:
        """The piece by the recording's clock, and its channel where each is converted."""
        where, origin = "", 0
        if Channels(job.channels).is_each and job.source_frames:
            stride = channel_stride(job.source_frames, job.source_rate, job.rate_in)
            where, origin = f" of channel {start // stride + 1}", start // stride * stride
        begins, ends = ((position - origin) / job.rate_in for position in (start, stop))
        return f"the piece {_clock(begins)}-{_clock(ends)}{where} could not be converted"

    def highest(self, outcomes: Iterable[AtomOutcome]) -> Mapping[str, float]:
        """The loudest sample so far, which the stitch must know before it writes the first."""
        return {JobRecord.peak.key: max(outcome.peak for outcome in outcomes)}


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(seconds))

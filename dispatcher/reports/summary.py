"""A job as people and programs see it."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dispatcher.reports.waiting import Live, waits_for
from dispatcher.reports.wording import shown_left
from storage.records.schema import JobRecord
from storage.records.states import ENDED_JOBS, JobState
from workers.engines import catalog


@dataclass(frozen=True, slots=True)
class JobSummary:
    """What is known of a job, and what follows from it."""

    id: int
    name: str
    path: str
    """Where the recording was, as it was named when it was handed in."""
    wanted: str
    """What its batch calls the result."""
    carried: Mapping[str, Any] | None
    title: str | None
    artist: str | None
    voice: str
    settings: Mapping[str, Any]
    """Under the names and in the units that people use."""
    needs: tuple[str, ...]
    priority: int
    state: str
    note: str
    """Why it failed or waits, or what its owner should know of it."""
    channels: str
    """Which of the recording's are converted: `mix`, `each`, or the number of one."""
    source_channels: int
    mix_back: bool
    """Whether the others go into the result."""
    effects_before: str
    """The chain of effects that the recording goes through."""
    effects_after: str
    before: int | None
    """Open jobs that come before it; nothing once a worker has begun with it."""
    seconds: float
    """Length of the recording."""
    done: float
    """Share of the recording that is converted."""
    left: str
    """Time left, as far as it can be told."""
    atoms: int
    atoms_done: int
    format: str
    rate_out: int
    result_frames: int
    submitted_at: float
    started_at: float | None
    ended_at: float | None
    untold: str
    """Who could not be told of its end so far, and why."""

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def summarise(
    job: JobRecord, live: Live, now: float | None = None, before: int | None = None, untold: str = ""
) -> JobSummary:
    """A job's summary, given what the workers that are there offer, how many jobs come before it, and who could not be
    told of its end.
    """
    now = time.time() if now is None else now
    finished = job.state == JobState.FINISHED
    done = 1.0 if finished else min(job.seconds_done / job.seconds, 1.0) if job.seconds else 0.0
    return JobSummary(
        id=job.id,
        name=job.name,
        path=job.path or job.name,
        wanted=job.wanted,
        carried=job.carried,
        title=job.title,
        artist=job.artist,
        voice=job.voice,
        settings=catalog.in_common_words(job.engine, job.settings),
        needs=tuple(job.needs),
        priority=job.priority,
        state=job.state,
        note=job.reason or waits_for(job, live) or _in_line(before) or job.remark,
        before=before,
        channels=job.channels,
        source_channels=job.source_channels,
        mix_back=job.mix_back,
        effects_before=job.effects_before,
        effects_after=job.effects_after,
        seconds=job.length,
        done=done,
        left=_left(job, done, now),
        atoms=job.atoms,
        atoms_done=job.atoms_done,
        format=job.format,
        rate_out=job.rate_out,
        result_frames=job.result_frames,
        submitted_at=job.submitted_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        untold=untold,
    )


def _in_line(before: int | None) -> str:
    """A sentence for one that has its turn after others."""
    return f"waiting: {before:,} {'job comes' if before == 1 else 'jobs come'} before it" if before else ""


def _left(job: JobRecord, done: float, now: float) -> str:
    return "" if job.state in ENDED_JOBS else shown_left(job.started_at, done, now)

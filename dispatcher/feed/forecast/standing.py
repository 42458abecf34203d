"""The farm as it stands: what waits on it, who would do it, and what its stages cost; read from SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, select

from dispatcher.feed.forecast.stages import SPLIT, STITCH, Cost, Load, Took, measured
from dispatcher.feed.forecast.work import Work, atoms_in
from dispatcher.feed.snapshot import A_MOMENT, read_classes, read_speeds
from dispatcher.feed.views import ClassView
from dispatcher.jobs.loading import in_states
from storage.records.column_values import names_in
from storage.records.rows import columns, read_rows
from storage.records.schema import JobRecord, WorkerRecord
from storage.records.states import OPEN_JOBS, JobState
from storage.settings import Settings

#: Finished jobs that tell what stages cost: enough for a median, and recent.
RECENT = 200


class _Open(NamedTuple):
    """A job that has not ended."""

    engine: str
    needs: tuple[str, ...]
    priority: int
    voice: str
    submitted_at: float
    seconds: float
    seconds_split: float
    seconds_waiting: float
    seconds_done: float
    atoms_waiting: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a farm at a moment."""

    classes: Sequence[ClassView]
    works: Sequence[Work]
    """What waits to be handed out."""
    open: Load
    """All that has not ended, with the sound that is not converted yet."""
    to_split: Load
    split: Cost
    stitch: Cost


def read_standing(connection: Connection, now: float, settings: Settings, *, is_up: bool) -> Standing:
    """The farm now. Of one that is not up, nobody is there, and what was in their hands waits."""
    jobs = read_rows(connection, _Open, select(*columns(_Open, JobRecord)).where(JobRecord.state.in_(OPEN_JOBS)))
    works = [work for job in jobs if (work := _work(job, now, settings.atom_seconds, is_up=is_up))]
    whole = [job for job in jobs if job.seconds - job.seconds_split > A_MOMENT]
    split, stitch = _costs(connection, settings.transfers)
    return Standing(
        read_classes(connection, now) if is_up else [],
        works,
        Load(len(jobs), sum(max(job.seconds - job.seconds_done, 0.0) for job in jobs)),
        Load(len(whole), sum(job.seconds - job.seconds_split for job in whole)),
        split,
        stitch,
    )


def remembered_classes(connection: Connection, machines: Mapping[bool, int]) -> list[ClassView]:
    """The classes of machines to come, as far as machines like them were there before: by whether they serve as
    nothing but a processor, how many.
    """
    speeds = read_speeds(connection)
    found: dict[bool, ClassView] = {}
    seen = select(WorkerRecord.capability, WorkerRecord.queue, WorkerRecord.offers, WorkerRecord.most_leases)
    for capability, queue, offers, most in connection.execute(seen.order_by(WorkerRecord.last_seen.desc())):
        is_plain = capability == "cpu"
        if machines.get(is_plain) and is_plain not in found:
            found[is_plain] = ClassView(queue, names_in(offers), machines[is_plain], speeds.get(queue, {}), (), most)
    return list(found.values())


def _work(job: _Open, now: float, longest_atom: float, *, is_up: bool) -> Work | None:
    to_come = max(job.seconds - job.seconds_split, 0.0)
    waiting, atoms = job.seconds_waiting, job.atoms_waiting
    if not is_up:
        waiting = max(job.seconds_split - job.seconds_done, 0.0)
        atoms = atoms_in(waiting, longest_atom)
    if to_come > A_MOMENT:
        waiting, atoms = waiting + to_come, atoms + atoms_in(to_come, longest_atom)
    if waiting <= A_MOMENT or not atoms:
        return None
    return Work(
        job.engine, frozenset(job.needs), job.priority, job.voice, min(job.submitted_at - now, 0.0), waiting, atoms,
        is_ours=False,
    )  # fmt: skip


def _costs(connection: Connection, at_a_time: int) -> tuple[Cost, Cost]:
    rows = connection.execute(
        select(JobRecord.seconds, JobRecord.split_took, JobRecord.stitch_took)
        .where(in_states([JobState.FINISHED]))
        .order_by(JobRecord.id.desc())
        .limit(RECENT)
    ).all()
    return (
        measured([Took(seconds, took) for seconds, took, _ in rows], SPLIT, at_a_time),
        measured([Took(seconds, took) for seconds, _, took in rows], STITCH, at_a_time),
    )

"""The farm as the planner sees it, read from SQL."""

from collections import Counter, defaultdict
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from dispatcher.feed.bundles import read_bundles
from dispatcher.feed.speed import Speed
from dispatcher.feed.views import ClassView, JobView, LeaseView
from dispatcher.jobs.holding import IS_LIVE
from storage.records.column_values import names_in
from storage.records.rows import columns, read_rows
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord, SpeedRecord, WorkerRecord
from storage.records.states import WORKERS_TAKING, AtomState, JobState

#: Jobs considered in one plan, the most urgent and oldest first; more would not change what goes out now.
MOST_JOBS = 2000
#: Seconds of audio that are no more than rounding.
A_MOMENT = 0.01


class _LiveLease(NamedTuple):
    """A lease that is queued or running by itself, and what it needs."""

    token: str
    job_id: int
    queue: str
    engine: str
    needs: tuple[str, ...]
    priority: int
    rate_in: int
    copy_of: str | None
    started_at: float | None
    heard_at: float | None


def read_classes(connection: Connection, now: float) -> list[ClassView]:
    """The classes of machines that take leases now, and the leases they have."""
    workers = connection.execute(
        select(WorkerRecord.queue, WorkerRecord.offers, WorkerRecord.most_leases).where(
            WorkerRecord.state.in_(WORKERS_TAKING)
        )
    ).all()
    slots: dict[str, int] = defaultdict(int)
    offered: dict[str, Counter[frozenset[str]]] = defaultdict(Counter)
    together: dict[str, int] = {}
    for queue, said, most_leases in workers:
        slots[queue] += 1
        together[queue] = min(together.get(queue, most_leases), most_leases)
        offered[queue][names_in(said)] += 1
    # All machines of a queue offer the same; one that claims otherwise must not take work from the others.
    offers = {queue: counts.most_common(1)[0][0] for queue, counts in offered.items()}
    speeds = read_speeds(connection)
    leases = _leases(connection, now) if slots else {}
    return [
        ClassView(queue, offers[queue], count, speeds.get(queue, {}), tuple(leases.get(queue, ())), together[queue])
        for queue, count in slots.items()
    ]


def read_jobs(connection: Connection) -> list[JobView]:
    """The jobs with atoms to hand out."""
    rows = connection.execute(
        select(
            JobRecord.id, JobRecord.engine, JobRecord.needs, JobRecord.priority, JobRecord.submitted_at,
            JobRecord.last_leased_at, JobRecord.atoms_waiting, JobRecord.seconds_waiting,
            JobRecord.seconds - JobRecord.seconds_split, JobRecord.voice,
            JobRecord.leaves_open,
        )
        .where(JobRecord.atoms_waiting > 0, JobRecord.state.in_((JobState.SPLITTING, JobState.CONVERTING)))
        .order_by(JobRecord.priority, JobRecord.submitted_at)
        .limit(MOST_JOBS)
    )  # fmt: skip
    return [
        JobView(
            job_id, engine, _set_of(needs), priority, submitted, leased, atoms, seconds, _rest(to_come), voice, is_open
        )
        for job_id, engine, needs, priority, submitted, leased, atoms, seconds, to_come, voice, is_open in rows
    ]  # fmt: skip


@lru_cache(maxsize=4096)
def _set_of(needs: tuple[str, ...]) -> frozenset[str]:
    """Cached, because thousands of jobs need the same."""
    return frozenset(needs)


def most_urgent(connection: Connection) -> int | None:
    """The priority of the most urgent job with atoms to hand out."""
    found = connection.execute(select(func.min(JobRecord.priority)).where(JobRecord.atoms_waiting > 0)).scalar()
    return None if found is None else int(found)


def _rest(seconds: float) -> float:
    """What is still to be split; less than a moment is rounding."""
    return seconds if seconds > A_MOMENT else 0.0


def read_speeds(connection: Connection) -> dict[str, dict[str, float]]:
    """How fast each class was measured to run each engine."""
    speeds: dict[str, dict[str, float]] = defaultdict(dict)
    learnt = select(SpeedRecord.queue, SpeedRecord.engine, SpeedRecord.audio, SpeedRecord.busy)
    for queue, engine, audio, busy in connection.execute(learnt.where(SpeedRecord.busy > 0.0)):
        speed = Speed(audio, busy).sound()
        if speed.busy:
            speeds[queue][engine] = speed.factor
    return speeds


def _leases(connection: Connection, now: float) -> dict[str, list[LeaseView]]:
    rows = read_rows(
        connection,
        _LiveLease,
        select(*columns(_LiveLease, LeaseRecord, JobRecord))
        .join(JobRecord, JobRecord.id == LeaseRecord.job_id)
        .where(IS_LIVE, LeaseRecord.bundle.is_(None))
        .order_by(LeaseRecord.created_at),
    )
    copied = {r.copy_of for r in rows if r.copy_of}
    left = _left(connection, {r.job_id for r in rows}, with_copies=bool(copied))
    leases: dict[str, list[LeaseView]] = defaultdict(list)
    for row in rows:
        atoms, samples = left.get(row.token, (0, 0))
        leases[row.queue].append(_lease_view(row, now, atoms, samples, is_copied=row.token in copied))
    for queue, view in read_bundles(connection, now, with_copies=bool(copied)):
        leases[queue].append(view)
    return leases


def _left(connection: Connection, job_ids: set[int], *, with_copies: bool) -> dict[str, tuple[int, int]]:
    """Atoms and samples that each lease, original or copy, still has to do."""
    left: dict[str, tuple[int, int]] = {}
    for token in (AtomRecord.token, AtomRecord.copy_token)[: 2 if with_copies else 1]:
        rows = connection.execute(
            select(token, func.count(), func.sum(AtomRecord.stop - AtomRecord.start))
            .where(AtomRecord.job_id.in_(job_ids), AtomRecord.state == AtomState.LEASED, token.is_not(None))
            .group_by(token)
        )
        left.update({str(name): (int(atoms), int(samples)) for name, atoms, samples in rows})
    return left


def _lease_view(row: _LiveLease, now: float, atoms: int, samples: int, *, is_copied: bool) -> LeaseView:
    return LeaseView(
        token=row.token,
        job_id=row.job_id,
        engine=row.engine,
        needs=frozenset(row.needs),
        priority=row.priority,
        atoms_left=atoms,
        seconds_left=samples / row.rate_in,
        running_for=None if row.started_at is None else now - row.started_at,
        silent_for=0.0 if row.heard_at is None else max(now - row.heard_at, 0.0),
        is_copy=row.copy_of is not None,
        is_copied=is_copied,
    )

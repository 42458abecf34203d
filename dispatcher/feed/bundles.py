"""Bundles of leases as the planner sees them, added up in SQL: a farm of short recordings has thousands of leases out,
in a few dozen bundles.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, case, func, or_, select
from sqlalchemy.orm import aliased

from dispatcher.feed.views import LeaseView
from dispatcher.jobs.holding import IS_LIVE
from storage.records.rows import read_rows
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord
from storage.records.states import AtomState


class _Bundle(NamedTuple):
    """The live leases of a bundle together; one of its jobs stands for all, which are alike."""

    bundle: str
    queue: str
    engine: str
    job_id: int
    priority: int
    started_at: float | None
    heard_at: float | None
    unheard: int
    copies: int


class _Left(NamedTuple):
    """What a bundle still has to do."""

    bundle: str
    atoms: int
    seconds: float


def read_bundles(connection: Connection, now: float, *, with_copies: bool) -> Iterator[tuple[str, LeaseView]]:
    """Every bundle with live leases, as one lease, with its queue; `with_copies` if leases alone may copy its own."""
    bundles = read_rows(
        connection,
        _Bundle,
        select(
            LeaseRecord.bundle, LeaseRecord.queue, LeaseRecord.engine, func.min(LeaseRecord.job_id),
            func.min(JobRecord.priority), func.min(LeaseRecord.started_at), func.max(LeaseRecord.heard_at),
            func.sum(case((LeaseRecord.heard_at.is_(None), 1), else_=0)), func.count(LeaseRecord.copy_of),
        )
        .join(JobRecord, JobRecord.id == LeaseRecord.job_id)
        .where(IS_LIVE, LeaseRecord.bundle.is_not(None))
        .group_by(LeaseRecord.bundle, LeaseRecord.queue, LeaseRecord.engine)
        .order_by(func.min(LeaseRecord.created_at)),
    )  # fmt: skip
    if not bundles:
        return
    with_copies = with_copies or any(one.copies for one in bundles)
    left = {one.bundle: one for one in _left(connection, with_copies=with_copies)}
    needs = _needs(connection, [one.job_id for one in bundles])
    copied = _copied(connection) if with_copies else set()
    for one in bundles:
        rest = left.get(one.bundle, _Left(one.bundle, 0, 0.0))
        yield (
            one.queue,
            LeaseView(
                token=one.bundle,
                job_id=one.job_id,
                engine=one.engine,
                needs=needs[one.job_id],
                priority=one.priority,
                atoms_left=rest.atoms,
                seconds_left=rest.seconds,
                running_for=None if one.started_at is None else now - one.started_at,
                silent_for=0.0 if one.unheard or one.heard_at is None else max(now - one.heard_at, 0.0),
                is_copy=one.copies > 0,
                is_copied=one.bundle in copied,
            ),
        )


def _left(connection: Connection, *, with_copies: bool) -> list[_Left]:
    # The two alternatives together cost several times as much as the first alone.
    is_held = AtomRecord.token == LeaseRecord.token
    if with_copies:
        is_held = or_(is_held, AtomRecord.copy_token == LeaseRecord.token)
    return read_rows(
        connection,
        _Left,
        select(
            LeaseRecord.bundle, func.count(),
            func.sum((AtomRecord.stop - AtomRecord.start) / (1.0 * JobRecord.rate_in)),
        )
        .join(AtomRecord, AtomRecord.job_id == LeaseRecord.job_id)
        .join(JobRecord, JobRecord.id == LeaseRecord.job_id)
        .where(IS_LIVE, LeaseRecord.bundle.is_not(None), AtomRecord.state == AtomState.LEASED, is_held)
        .group_by(LeaseRecord.bundle),
    )  # fmt: skip


def _needs(connection: Connection, job_ids: list[int]) -> dict[int, frozenset[str]]:
    rows = connection.execute(select(JobRecord.id, JobRecord.needs).where(JobRecord.id.in_(job_ids)))
    return {job_id: frozenset(needs) for job_id, needs in rows}


def _copied(connection: Connection) -> set[str]:
    """The bundles of which leases are out as copies."""
    original = aliased(LeaseRecord)
    rows = connection.execute(
        select(original.bundle).join(LeaseRecord, LeaseRecord.copy_of == original.token).where(IS_LIVE).distinct()
    )
    return {bundle for bundle in rows.scalars() if bundle is not None}

"""Taking atoms back from a lease that will not finish them."""

import time
from collections.abc import Sequence

from sqlalchemy import Connection, case, select, update

from dispatcher.desk.effects import Effects
from dispatcher.jobs.ending import Drop, end_early
from dispatcher.life import Event
from storage.records.rows import AnyRow
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord
from storage.records.states import LIVE_LEASES, AtomState, LeaseState


def end_lease(
    connection: Connection, token: str, state: LeaseState, now: float, max_attempts: int, blame: str | None = None
) -> Effects:
    """End a live lease and take back what it had not finished; `blame` counts against the atom it was at."""
    lease = connection.execute(
        update(LeaseRecord)
        .where(LeaseRecord.token == token, LeaseRecord.state.in_(LIVE_LEASES))
        .values(state=state, ended_at=now)
        .returning(LeaseRecord.job_id, LeaseRecord.worker)
    ).one_or_none()
    if lease is None:
        return Effects()
    # A copy outlives its original and becomes a lease like any other.
    connection.execute(update(LeaseRecord).where(LeaseRecord.copy_of == token).values(copy_of=None))
    held = connection.execute(
        select(AtomRecord.number)
        .where(AtomRecord.job_id == lease.job_id, AtomRecord.state == AtomState.LEASED)
        .where((AtomRecord.token == token) | (AtomRecord.copy_token == token))
        .order_by(AtomRecord.number)
    )
    numbers = list(held.scalars())
    effects = Effects(feed=True)
    if numbers and blame:
        effects.add(give_back(connection, lease.job_id, token, numbers[:1], max_attempts, blame))
        numbers = numbers[1:]
    if numbers:
        effects.add(give_back(connection, lease.job_id, token, numbers, max_attempts))
    return effects


def give_back(
    connection: Connection,
    job_id: int,
    token: str,
    numbers: Sequence[int],
    max_attempts: int,
    blame: str | None = None,
) -> Effects:
    """Free atoms of a lease: to its copy where there is one, else to those that wait; or give an atom up for good."""
    tries = AtomRecord.attempts + (1 if blame else 0)
    other = case((AtomRecord.token == token, AtomRecord.copy_token), else_=AtomRecord.token)
    alone = other.is_(None)
    freed = connection.execute(
        update(AtomRecord)
        .where(AtomRecord.job_id == job_id, AtomRecord.number.in_(numbers), AtomRecord.state == AtomState.LEASED)
        .where((AtomRecord.token == token) | (AtomRecord.copy_token == token))
        .values(
            state=case(
                *([(alone & (tries >= max_attempts), AtomState.PARKED.value)] if blame else []),
                (alone, AtomState.WAITING.value),
                else_=AtomState.LEASED.value,
            ),
            token=other,
            copy_token=None,
            attempts=tries,
            error=blame or AtomRecord.error,
        )
        .returning(AtomRecord.number, AtomRecord.state, AtomRecord.start, AtomRecord.stop)
    ).all()
    _count_waiting(connection, job_id, [r for r in freed if r.state == AtomState.WAITING])
    parked = [r for r in freed if r.state == AtomState.PARKED]
    if parked:
        return Effects(drop=_give_up(connection, job_id, parked[0], max_attempts, blame or ""))
    return Effects(feed=True)


def _count_waiting(connection: Connection, job_id: int, rows: Sequence[AnyRow]) -> None:
    if rows:
        samples = sum(r.stop - r.start for r in rows)
        connection.execute(
            update(JobRecord)
            .where(JobRecord.id == job_id)
            .values(
                atoms_waiting=JobRecord.atoms_waiting + len(rows),
                seconds_waiting=JobRecord.seconds_waiting + samples / (1.0 * JobRecord.rate_in),
            )
        )


def set_damaged(connection: Connection, job_id: int, token: str, number: int, max_attempts: int, blame: str) -> Effects:
    """An atom's prepared samples must be cut again before anybody can convert it; or it is given up for good."""
    tries = AtomRecord.attempts + 1
    spoilt = connection.execute(
        update(AtomRecord)
        .where(AtomRecord.job_id == job_id, AtomRecord.number == number, AtomRecord.state == AtomState.LEASED)
        .where((AtomRecord.token == token) | (AtomRecord.copy_token == token))
        .values(
            state=case((tries >= max_attempts, AtomState.PARKED.value), else_=AtomState.DAMAGED.value),
            token=None, copy_token=None, attempts=tries, error=blame,
        )
        .returning(AtomRecord.number, AtomRecord.state, AtomRecord.start, AtomRecord.stop)
    ).one_or_none()  # fmt: skip
    if spoilt is None:
        return Effects()
    if spoilt.state == AtomState.PARKED:
        return Effects(drop=_give_up(connection, job_id, spoilt, max_attempts, blame))
    connection.execute(
        update(JobRecord).where(JobRecord.id == job_id).values(atoms_damaged=JobRecord.atoms_damaged + 1)
    )
    return Effects()


def _give_up(connection: Connection, job_id: int, atom: AnyRow, tries: int, blame: str) -> list[Drop]:
    rate = connection.execute(select(JobRecord.rate_in).where(JobRecord.id == job_id)).scalar_one()
    span = f"{_clock(atom.start / rate)}-{_clock(atom.stop / rate)}"
    reason = f"the piece {span} could not be converted in {tries} tries: {blame}; then run `voicefarm retry {job_id}`"
    return end_early(connection, job_id, Event.FAILED, reason)


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(seconds))

"""Taking atoms back from a lease that will not finish them."""

from collections.abc import Sequence

from sqlalchemy import case, select, update

from dispatcher.jobs.counters import Pieces, counted
from dispatcher.jobs.ending import fail_job
from dispatcher.jobs.holding import IS_LIVE, held_by, other_holder
from dispatcher.jobs.loading import job_in
from dispatcher.kinds.catalog import kind_named
from dispatcher.turns.turn import Turn
from storage.records.rows import MovedAtom, columns, read_row, read_rows
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord
from storage.records.states import AtomState, LeaseState


def end_lease(turn: Turn, token: str, state: LeaseState, blame: str | None = None) -> bool:
    """End a live lease and take back what it had not finished; `blame` counts against the atom it was working on.

    True if an atom was blamed.
    """
    lease = turn.connection.execute(
        update(LeaseRecord)
        .where(LeaseRecord.token == token, IS_LIVE)
        .values(state=state, ended_at=turn.now)
        .returning(LeaseRecord.job_id, LeaseRecord.worker)
    ).one_or_none()
    if lease is None:
        return False
    # A copy outlives its original and becomes a lease like any other.
    turn.connection.execute(update(LeaseRecord).where(LeaseRecord.copy_of == token).values(copy_of=None))
    held = turn.connection.execute(
        select(AtomRecord.number).where(AtomRecord.job_id == lease.job_id, held_by(token)).order_by(AtomRecord.number)
    )
    numbers = list(held.scalars())
    turn.feed_next()
    is_blamed = bool(numbers and blame)
    if is_blamed:
        give_back(turn, lease.job_id, token, numbers[:1], blame)
        numbers = numbers[1:]
    if numbers:
        give_back(turn, lease.job_id, token, numbers)
    return is_blamed


def give_back(turn: Turn, job_id: int, token: str, numbers: Sequence[int], blame: str | None = None) -> None:
    """Free atoms of a lease: they go to its copy if there is one, otherwise wait again, or are given up for good."""
    tries = AtomRecord.attempts + (1 if blame else 0)
    other = other_holder(token)
    alone = other.is_(None)
    freed = read_rows(
        turn.connection,
        MovedAtom,
        update(AtomRecord)
        .where(AtomRecord.job_id == job_id, AtomRecord.number.in_(numbers), held_by(token))
        .values(
            state=case(
                *([(alone & (tries >= turn.settings.max_attempts), AtomState.PARKED.value)] if blame else []),
                (alone, AtomState.WAITING.value),
                else_=AtomState.LEASED.value,
            ),
            token=other,
            copy_token=None,
            attempts=tries,
            error=blame or AtomRecord.error,
        )
        .returning(*columns(MovedAtom, AtomRecord)),
    )
    waiting = [atom for atom in freed if atom.state == AtomState.WAITING]
    if waiting:
        turn.connection.execute(
            update(JobRecord).where(JobRecord.id == job_id).values(**counted(waiting=Pieces.of(waiting)))
        )
    parked = [atom for atom in freed if atom.state == AtomState.PARKED]
    if parked:
        _give_up(turn, job_id, parked[0], blame or "")
    else:
        turn.feed_next()


def set_damaged(turn: Turn, job_id: int, token: str, number: int, blame: str) -> None:
    """Have an atom's own samples cut again before anybody can work on it, or give it up for good."""
    tries = AtomRecord.attempts + 1
    spoilt = read_row(
        turn.connection,
        MovedAtom,
        update(AtomRecord)
        .where(AtomRecord.job_id == job_id, AtomRecord.number == number, held_by(token))
        .values(
            state=case((tries >= turn.settings.max_attempts, AtomState.PARKED.value), else_=AtomState.DAMAGED.value),
            token=None, copy_token=None, attempts=tries, error=blame,
        )
        .returning(*columns(MovedAtom, AtomRecord)),
    )  # fmt: skip
    if spoilt is None:
        return
    if spoilt.state == AtomState.PARKED:
        _give_up(turn, job_id, spoilt, blame)
    else:
        turn.connection.execute(update(JobRecord).where(JobRecord.id == job_id).values(**counted(damaged=1)))


def _give_up(turn: Turn, job_id: int, atom: MovedAtom, blame: str) -> None:
    job = job_in(turn.connection, job_id)
    failed = kind_named(job.kind).called(job, atom.start, atom.stop)
    fail_job(turn, job_id, f"{failed} in {turn.settings.max_attempts} tries: {blame}; then retry the job")

"""A job whose stitch found atoms missing or damaged: they are made again, and the job returns to its stitch."""

from collections.abc import Collection

from sqlalchemy import Connection, case, select, update

from dispatcher.jobs.counters import Pieces, counted
from dispatcher.jobs.ending import fail_job
from dispatcher.jobs.life import Event
from dispatcher.jobs.moves import move
from dispatcher.kinds.conversion import converted_prefix
from dispatcher.studio.stage.claim import Claim
from dispatcher.turns.taking import Turns
from storage import keys
from storage.errors import AtomLost
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.rows import AtomRow, MovedAtom, columns, read_rows
from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import AtomState


def reopen(turns: Turns, store: ObjectStore, job: JobRecord, claim: Claim, lost: AtomLost) -> None:
    """Send a job back for the lost atom and for all others whose objects are missing too."""
    missing = set() if lost.is_prepared else _missing(turns.database, store, job)
    state = AtomState.DAMAGED if lost.is_prepared else AtomState.WAITING
    tries = turns.settings.max_attempts
    with turns.writing() as turn:
        turn.feed_next()
        if not move(turn.connection, job.id, Event.ATOMS_LOST, claim=claim.token, claim_over=True, converted_at=None):
            return
        rows = _take_back(turn.connection, job.id, {lost.number, *missing}, state, str(lost), tries)
        again = Pieces.of(row for row in rows if row.state == state)
        changes = counted(damaged=again.count) if lost.is_prepared else counted(waiting=again)
        turn.connection.execute(
            update(JobRecord).where(JobRecord.id == job.id).values(**changes, **counted(done=-Pieces.of(rows)))
        )
        if any(row.state == AtomState.PARKED for row in rows):
            reason = f"the object store did not keep what was put there, {tries} times: {lost}; check its disks, then"
            fail_job(turn, job.id, f"{reason} retry the job")


def _missing(database: Database, store: ObjectStore, job: JobRecord) -> set[int]:
    """The atoms whose results are not in the store, found by one listing instead of one stitch for each."""
    prefix = converted_prefix(job)
    there = {stored.key for stored in store.list(prefix + "/")}
    with database.reading() as connection:
        of_job = select(*columns(AtomRow, AtomRecord)).where(AtomRecord.job_id == job.id)
        atoms = read_rows(connection, AtomRow, of_job)
    return {a.number for a in atoms if keys.converted_key(prefix, a.start, a.stop, a.first, a.last) not in there}


def _take_back(
    connection: Connection, job_id: int, numbers: Collection[int], state: AtomState, why: str, max_attempts: int
) -> list[MovedAtom]:
    tries = AtomRecord.attempts + 1
    return read_rows(
        connection,
        MovedAtom,
        update(AtomRecord)
        .where(AtomRecord.job_id == job_id, AtomRecord.number.in_(numbers), AtomRecord.state == AtomState.DONE)
        .values(
            state=case((tries >= max_attempts, AtomState.PARKED.value), else_=state.value),
            token=None, copy_token=None, attempts=tries, error=why,
        )
        .returning(*columns(MovedAtom, AtomRecord)),
    )  # fmt: skip

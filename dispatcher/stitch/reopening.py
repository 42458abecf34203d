"""A job whose stitch found atoms missing or spoilt: they are made again, and the job comes back to its stitch."""

from collections.abc import Collection

from sqlalchemy import Connection, case, select, update

from dispatcher.jobs.claim import Claim
from dispatcher.jobs.conversion import converted_prefix
from dispatcher.jobs.ending import end_early
from dispatcher.jobs.moves import move
from dispatcher.life import Event
from storage import keys
from storage.errors import AtomLost
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.rows import AnyRow
from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import AtomState


def reopen(
    database: Database, store: ObjectStore, job: JobRecord, claim: Claim, lost: AtomLost, max_attempts: int
) -> None:
    """Send a job back for the atom that was lost, and for all others whose objects are missing as well."""
    missing = set() if lost.is_prepared else _missing(database, store, job)
    state = AtomState.DAMAGED if lost.is_prepared else AtomState.WAITING
    with database.writing() as connection:
        if not move(connection, job.id, Event.ATOMS_LOST, claim=claim.token, claim_over=True, converted_at=None):
            return
        rows = _take_back(connection, job.id, {lost.number, *missing}, state, str(lost), max_attempts)
        _count_back(connection, job, rows, state)
        if any(row.state == AtomState.PARKED for row in rows):
            reason = (
                f"the object store did not keep what was put there, {max_attempts} times: {lost}; check its disks,"
                f" then run `voicefarm retry {job.id}`"
            )
            end_early(connection, job.id, Event.FAILED, reason)


def _missing(database: Database, store: ObjectStore, job: JobRecord) -> set[int]:
    """The atoms whose results are not in the store, found by one listing rather than one stitch for each."""
    prefix = converted_prefix(job)
    there = {stored.key for stored in store.list(prefix + "/")}
    with database.reading() as connection:
        atoms = connection.execute(
            select(AtomRecord.number, AtomRecord.start, AtomRecord.stop, AtomRecord.first, AtomRecord.last).where(
                AtomRecord.job_id == job.id
            )
        )
        return {
            a.number for a in atoms if keys.converted_key(prefix, a.start, a.stop, a.first, a.last) not in there
        }  # fmt: skip


def _take_back(
    connection: Connection, job_id: int, numbers: Collection[int], state: AtomState, why: str, max_attempts: int
) -> list[AnyRow]:
    tries = AtomRecord.attempts + 1
    return list(
        connection.execute(
            update(AtomRecord)
            .where(AtomRecord.job_id == job_id, AtomRecord.number.in_(numbers), AtomRecord.state == AtomState.DONE)
            .values(
                state=case((tries >= max_attempts, AtomState.PARKED.value), else_=state.value),
                token=None, copy_token=None, attempts=tries, error=why,
            )
            .returning(AtomRecord.state, AtomRecord.start, AtomRecord.stop)
        ).all()
    )  # fmt: skip


def _count_back(connection: Connection, job: JobRecord, rows: Collection[AnyRow], state: AtomState) -> None:
    seconds = sum(r.stop - r.start for r in rows) / job.rate_in
    again = [r for r in rows if r.state == state]
    seconds_again = sum(r.stop - r.start for r in again) / job.rate_in
    values: dict[str, object] = {
        "atoms_done": JobRecord.atoms_done - len(rows),
        "seconds_done": JobRecord.seconds_done - seconds,
    }
    if state is AtomState.DAMAGED:
        values["atoms_damaged"] = JobRecord.atoms_damaged + len(again)
    else:
        values["atoms_waiting"] = JobRecord.atoms_waiting + len(again)
        values["seconds_waiting"] = JobRecord.seconds_waiting + seconds_again
    connection.execute(update(JobRecord).where(JobRecord.id == job.id).values(**values))

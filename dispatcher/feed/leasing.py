"""Turning a plan into leases: rows in SQL and orders for the queues."""

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from dispatcher.desk.effects import Effects, Issued
from dispatcher.feed.plan import plan
from dispatcher.feed.snapshot import read_classes, read_jobs
from dispatcher.feed.views import Copy, Grant, Rules
from dispatcher.jobs.conversion import atoms_prefix, converted_prefix
from storage.records.rows import AnyRow
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord
from storage.records.states import AtomState, LeaseState
from storage.settings import Settings
from workers.messages import AtomOrder, LeaseOrder

#: Longer leases would make messages of more than 100 kB.
MOST_ATOMS = 500


def feed(connection: Connection, now: float, settings: Settings) -> Effects:
    """Top every queue up; to be called in a deciding transaction."""
    classes = read_classes(connection, now)
    if not classes:
        return Effects()
    rules = Rules(longest_lease=settings.lease_seconds)
    grants, copies = plan(classes, read_jobs(connection), rules)
    leases = [_issue(connection, grant, now, settings) for grant in grants]
    leases += [_issue_copy(connection, copy, now) for copy in copies]
    return Effects(leases=[lease for lease in leases if lease is not None])


def _issue(connection: Connection, grant: Grant, now: float, settings: Settings) -> Issued | None:
    job = _job(connection, grant.job_id)
    waiting = connection.execute(
        select(AtomRecord)
        .where(AtomRecord.job_id == job.id, AtomRecord.state == AtomState.WAITING)
        .order_by(AtomRecord.number)
        .limit(most_atoms(grant.seconds, settings))
    ).all()
    atoms = first_run(waiting, grant.seconds * job.rate_in)
    if not atoms:
        return None
    token = uuid4().hex
    samples = sum(a.stop - a.start for a in atoms)
    connection.execute(
        update(AtomRecord)
        .where(AtomRecord.job_id == job.id, AtomRecord.number.between(atoms[0].number, atoms[-1].number))
        .values(state=AtomState.LEASED, token=token, copy_token=None)
    )
    connection.execute(
        update(JobRecord)
        .where(JobRecord.id == job.id)
        .values(
            atoms_waiting=JobRecord.atoms_waiting - len(atoms),
            seconds_waiting=JobRecord.seconds_waiting - samples / job.rate_in,
            last_leased_at=now,
        )
    )
    return _record(connection, job, token, grant.queue, atoms, now)


def _issue_copy(connection: Connection, copy: Copy, now: float) -> Issued | None:
    job_id = connection.execute(select(LeaseRecord.job_id).where(LeaseRecord.token == copy.token)).scalar_one()
    held = connection.execute(
        select(AtomRecord)
        .where(AtomRecord.job_id == job_id, AtomRecord.state == AtomState.LEASED, AtomRecord.token == copy.token)
        .where(AtomRecord.copy_token.is_(None))
        .order_by(AtomRecord.number.desc())
        .limit(copy.atoms)
    ).all()
    atoms = held[::-1]
    if not atoms:
        return None
    token = uuid4().hex
    connection.execute(
        update(AtomRecord)
        .where(AtomRecord.job_id == job_id, AtomRecord.number.in_([a.number for a in atoms]))
        .values(copy_token=token)
    )
    return _record(connection, _job(connection, job_id), token, copy.queue, atoms, now, copy_of=copy.token)


def most_atoms(seconds: float, settings: Settings) -> int:
    """How many of the shortest atoms go into so many seconds; more need not be looked at."""
    return min(int(seconds / (settings.atom_seconds / 2.0)) + 1, MOST_ATOMS)


def first_run(waiting: Sequence[AnyRow], samples: float) -> list[AnyRow]:
    """The first consecutive atoms that come closest to so many samples; one at the least."""
    run: list[AnyRow] = []
    for atom in waiting:
        length = atom.stop - atom.start
        if run and (atom.number != run[-1].number + 1 or length / 2 > samples):
            break
        run.append(atom)
        samples -= length
    return run


def _job(connection: Connection, job_id: int) -> AnyRow:
    return connection.execute(select(JobRecord).where(JobRecord.id == job_id)).one()


def _record(
    connection: Connection,
    job: AnyRow,
    token: str,
    queue: str,
    atoms: Sequence[AnyRow],
    now: float,
    copy_of: str | None = None,
) -> Issued:
    connection.execute(
        insert(LeaseRecord).values(
            token=token,
            job_id=job.id,
            queue=queue,
            engine=job.engine,
            first_number=atoms[0].number,
            last_number=atoms[-1].number,
            seconds=sum(a.stop - a.start for a in atoms) / job.rate_in,
            state=LeaseState.QUEUED,
            copy_of=copy_of,
            created_at=now,
        )
    )
    order = LeaseOrder(
        token=token,
        job_id=job.id,
        engine=job.engine,
        engine_version=job.engine_version,
        recipe=job.recipe,
        settings=job.settings,
        rate_in=job.rate_in,
        rate_voice=job.rate_voice,
        atoms_prefix=atoms_prefix(job),
        converted_prefix=converted_prefix(job),
        atoms=tuple(AtomOrder(a.number, a.start, a.stop, a.first, a.last, a.out_start, a.out_stop) for a in atoms),
    )
    return Issued(queue, job.priority, order)

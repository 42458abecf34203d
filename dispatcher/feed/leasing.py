"""Turning a plan into leases: rows in SQL and orders for the queues."""

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import insert, select, update

from dispatcher.feed.plan import plan
from dispatcher.feed.snapshot import read_classes, read_jobs
from dispatcher.feed.views import Copy, Grant, Rules
from dispatcher.jobs.counters import Pieces, counted
from dispatcher.jobs.loading import job_in
from dispatcher.kinds.catalog import kind_named
from dispatcher.turns.turn import Issued, Turn
from storage.records.rows import AtomRow, columns, read_rows
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord
from storage.records.states import AtomState, LeaseState
from storage.settings import Settings

#: Longer leases would make messages of more than 100 kB.
MOST_ATOMS = 500


def feed(turn: Turn) -> None:
    """Top up every queue; to be called in a deciding turn."""
    classes = read_classes(turn.connection, turn.now)
    if not classes:
        return
    rules = Rules(longest_lease=turn.settings.lease_seconds)
    grants, copies = plan(classes, read_jobs(turn.connection), rules)
    for grant in grants:
        _issue(turn, grant)
    for copy in copies:
        _issue_copy(turn, copy)


def _issue(turn: Turn, grant: Grant) -> None:
    job = job_in(turn.connection, grant.job_id)
    waiting = read_rows(
        turn.connection,
        AtomRow,
        select(*columns(AtomRow, AtomRecord))
        .where(AtomRecord.job_id == job.id, AtomRecord.state == AtomState.WAITING)
        .order_by(AtomRecord.number)
        .limit(most_atoms(grant.seconds, turn.settings)),
    )
    atoms = first_run(waiting, grant.seconds * job.rate_in)
    if not atoms:
        return
    token = uuid4().hex
    turn.connection.execute(
        update(AtomRecord)
        .where(AtomRecord.job_id == job.id, AtomRecord.number.between(atoms[0].number, atoms[-1].number))
        .values(state=AtomState.LEASED, token=token, copy_token=None)
    )
    turn.connection.execute(
        update(JobRecord)
        .where(JobRecord.id == job.id)
        .values(**counted(waiting=-Pieces.of(atoms)), last_leased_at=turn.now)
    )
    _record(turn, job, token, grant.queue, atoms)


def _issue_copy(turn: Turn, copy: Copy) -> None:
    job_id = turn.connection.execute(select(LeaseRecord.job_id).where(LeaseRecord.token == copy.token)).scalar_one()
    held = read_rows(
        turn.connection,
        AtomRow,
        select(*columns(AtomRow, AtomRecord))
        .where(AtomRecord.job_id == job_id, AtomRecord.state == AtomState.LEASED, AtomRecord.token == copy.token)
        .where(AtomRecord.copy_token.is_(None))
        .order_by(AtomRecord.number.desc())
        .limit(copy.atoms),
    )
    atoms = held[::-1]
    if not atoms:
        return
    token = uuid4().hex
    turn.connection.execute(
        update(AtomRecord)
        .where(AtomRecord.job_id == job_id, AtomRecord.number.in_([a.number for a in atoms]))
        .values(copy_token=token)
    )
    _record(turn, job_in(turn.connection, job_id), token, copy.queue, atoms, copy_of=copy.token)


def most_atoms(seconds: float, settings: Settings) -> int:
    """How many of the shortest atoms fit into this many seconds; no more need to be read."""
    return min(int(seconds / (settings.atom_seconds / 2.0)) + 1, MOST_ATOMS)


def first_run(waiting: Sequence[AtomRow], samples: float) -> list[AtomRow]:
    """The first consecutive atoms that come closest to this many samples; at least one."""
    run: list[AtomRow] = []
    for atom in waiting:
        length = atom.stop - atom.start
        if run and (atom.number != run[-1].number + 1 or length / 2 > samples):
            break
        run.append(atom)
        samples -= length
    return run


def _record(
    turn: Turn, job: JobRecord, token: str, queue: str, atoms: Sequence[AtomRow], copy_of: str | None = None
) -> None:
    """Record a lease and have its order sent."""
    turn.connection.execute(
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
            created_at=turn.now,
        )
    )
    turn.issue(Issued(queue, job.priority, kind_named(job.kind).order(job, token, atoms)))

"""Turning a plan into leases: rows in SQL and orders for the queues."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from sqlalchemy import bindparam, insert, select, update

from dispatcher.feed.deciding import decided
from dispatcher.feed.plan import is_full, plan
from dispatcher.feed.snapshot import most_urgent, read_classes, read_jobs
from dispatcher.feed.views import ClassView, Copy, Grant, Rules
from dispatcher.jobs.counters import Pieces, count_each
from dispatcher.jobs.holding import IS_LIVE
from dispatcher.jobs.loading import jobs_in
from dispatcher.kinds.catalog import kind_named
from dispatcher.turns.turn import Issued, Turn
from storage.records.rows import AtomRow, columns, read_rows
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord
from storage.records.states import AtomState, LeaseState
from storage.settings import Settings

#: Longer leases would make messages of more than 100 kB.
MOST_ATOMS = 500
#: Hexadecimal digits of a bundle's name; the token of a lease in it is the name and the lease's place.
NAME_DIGITS, PLACE_DIGITS = 28, 4


@dataclass(frozen=True, slots=True)
class _Lease:
    """A lease about to be recorded."""

    token: str
    queue: str
    job: JobRecord
    atoms: Sequence[AtomRow]
    bundle: str | None = None
    copy_of: str | None = None

    @property
    def seconds(self) -> float:
        """How much audio it has."""
        return sum(atom.stop - atom.start for atom in self.atoms) / self.job.rate_in


def feed(turn: Turn) -> None:
    """Top up every queue; to be called in a deciding turn."""
    classes = read_classes(turn.connection, turn.now)
    if not classes:
        return
    if is_full(classes, most_urgent(turn.connection)):
        return
    grants, copies = _decided_plan(turn, classes)
    for grant in grants:
        _issue(turn, grant)
    for copy in copies:
        _issue_copies(turn, copy)


def _decided_plan(turn: Turn, classes: Sequence[ClassView]) -> tuple[list[Grant], list[Copy]]:
    """What to hand out: where a job in the plan leaves something open, it is decided and planned anew.

    Others stay as they are, since a faster machine may come before it is their turn.
    """
    rules, jobs = Rules(longest_lease=turn.settings.lease_seconds), read_jobs(turn.connection)
    while True:
        grants, copies = plan(classes, jobs, rules)
        granted = {job_id for grant in grants for job_id in (grant.job_id, *grant.also)}
        if not any(job.leaves_open and job.job_id in granted for job in jobs):
            return grants, copies
        jobs = decided(turn.connection, jobs, granted, classes)


def _issue(turn: Turn, grant: Grant) -> None:
    """Lease what was granted of one job, and all of those that go along with it."""
    job_ids = (grant.job_id, *grant.also)
    jobs = jobs_in(turn.connection, job_ids)
    first = jobs[grant.job_id]
    runs = {first.id: _granted(turn, first, grant.seconds)}
    if grant.also:
        runs |= _whole_runs(turn, grant.also)
    bundle = _Names(is_bundle=len(job_ids) > 1)
    leases = [_Lease(bundle.next(), grant.queue, jobs[n], runs[n], bundle.name) for n in job_ids if runs.get(n)]
    if not leases:
        return
    turn.connection.execute(
        update(AtomRecord)
        .where(
            AtomRecord.job_id == bindparam("of_job"),
            AtomRecord.number.between(bindparam("from_number"), bindparam("to_number")),
        )
        .values(state=AtomState.LEASED, token=bindparam("by"), copy_token=None),
        [
            {"of_job": x.job.id, "from_number": x.atoms[0].number, "to_number": x.atoms[-1].number, "by": x.token}
            for x in leases
        ],
        execution_options={"synchronize_session": None},
    )
    count_each(turn.connection, {x.job.id: Pieces.of(x.atoms) for x in leases}, waiting=-1)
    turn.connection.execute(
        update(JobRecord).where(JobRecord.id.in_([x.job.id for x in leases])).values(last_leased_at=turn.now)
    )
    _record(turn, leases)


def _granted(turn: Turn, job: JobRecord, seconds: float) -> list[AtomRow]:
    """The first waiting atoms of a job that come closest to so much audio."""
    waiting = read_rows(
        turn.connection,
        AtomRow,
        select(*columns(AtomRow, AtomRecord))
        .where(AtomRecord.job_id == job.id, AtomRecord.state == AtomState.WAITING)
        .order_by(AtomRecord.number)
        .limit(most_atoms(seconds, turn.settings)),
    )
    return first_run(waiting, seconds * job.rate_in)


def _whole_runs(turn: Turn, job_ids: Sequence[int]) -> dict[int, list[AtomRow]]:
    """The waiting atoms of each of some short jobs, as far as they follow each other."""
    found: dict[int, list[AtomRow]] = defaultdict(list)
    for job_id, *atom in turn.connection.execute(
        select(AtomRecord.job_id, *columns(AtomRow, AtomRecord))
        .where(AtomRecord.job_id.in_(job_ids), AtomRecord.state == AtomState.WAITING)
        .order_by(AtomRecord.job_id, AtomRecord.number)
    ):
        found[job_id].append(AtomRow._make(atom))
    return {job_id: first_run(atoms, float("inf")) for job_id, atoms in found.items()}


def _issue_copies(turn: Turn, copy: Copy) -> None:
    """Lease the last atoms of a lease, or of a bundle's leases, a second time."""
    originals = turn.connection.execute(
        select(LeaseRecord.token, LeaseRecord.job_id)
        .where((LeaseRecord.token == copy.token) | (LeaseRecord.bundle == copy.token))
        .where(IS_LIVE)
        .order_by(LeaseRecord.token.desc())
    ).all()
    jobs = jobs_in(turn.connection, [job_id for _, job_id in originals])
    names, wanted = _Names(is_bundle=len(originals) > 1), copy.atoms
    leases: list[_Lease] = []
    for original, job_id in originals:
        atoms = _held(turn, original, job_id, wanted) if wanted > 0 else []
        if atoms:
            leases.append(_Lease(names.next(), copy.queue, jobs[job_id], atoms, names.name, copy_of=original))
            wanted -= len(atoms)
    for lease in leases:
        turn.connection.execute(
            update(AtomRecord)
            .where(AtomRecord.job_id == lease.job.id, AtomRecord.number.in_([a.number for a in lease.atoms]))
            .values(copy_token=lease.token)
        )
    _record(turn, leases)


def _held(turn: Turn, token: str, job_id: int, most: int) -> list[AtomRow]:
    """The last atoms that a lease holds and no copy of it does, in order."""
    held = read_rows(
        turn.connection,
        AtomRow,
        select(*columns(AtomRow, AtomRecord))
        .where(AtomRecord.job_id == job_id, AtomRecord.state == AtomState.LEASED, AtomRecord.token == token)
        .where(AtomRecord.copy_token.is_(None))
        .order_by(AtomRecord.number.desc())
        .limit(most),
    )
    return held[::-1]


class _Names:
    """Names for new leases: at random for one alone, in the order of their work for those of a bundle."""

    def __init__(self, *, is_bundle: bool) -> None:
        self.name = uuid4().hex[:NAME_DIGITS] if is_bundle else None
        self.given = 0

    def next(self) -> str:
        """The next lease's token."""
        self.given += 1
        return f"{self.name}{self.given:0{PLACE_DIGITS}x}" if self.name else uuid4().hex


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


def _record(turn: Turn, leases: Sequence[_Lease]) -> None:
    """Record leases and have their orders sent; one that was left alone needs no bundle."""
    if len(leases) == 1:
        leases = [replace(leases[0], bundle=None)]
    rows = [
        {
            "token": x.token,
            "bundle": x.bundle,
            "job_id": x.job.id,
            "queue": x.queue,
            "engine": x.job.engine,
            "first_number": x.atoms[0].number,
            "last_number": x.atoms[-1].number,
            "seconds": x.seconds,
            "state": LeaseState.QUEUED,
            "copy_of": x.copy_of,
            "created_at": turn.now,
        }
        for x in leases
    ]
    if rows:
        turn.connection.execute(insert(LeaseRecord), rows)
    for x in leases:
        kind, seconds = kind_named(x.job.kind), x.seconds
        order = kind.order(x.job, x.token, x.atoms)
        turn.issue(Issued(x.queue, x.job.priority, order, x.bundle, kind.told(x.job, seconds), seconds))

"""Once a second: find what was lost and repair it from SQL alone."""

from collections.abc import Iterator

from sqlalchemy import Connection, case, func, select, update

from dispatcher.desk.clock import keep_time
from dispatcher.desk.errands import ask_to_check, ask_to_notify
from dispatcher.desk.heartbeat import lose_worker
from dispatcher.desk.lookout import Lookout
from dispatcher.desk.measuring import keep_measuring, own_queues
from dispatcher.desk.report import complete_jobs
from dispatcher.desk.returning import end_lease
from dispatcher.desk.stages import ask_for_stages
from dispatcher.hooks.spreading import spread_ends
from dispatcher.jobs.holding import IS_LIVE
from dispatcher.turns.turn import Turn
from storage.records.measurements import MeasurementRecord
from storage.records.rows import insert_if_absent
from storage.records.schema import FarmRecord, JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import LIVE_MEASUREMENTS, WORKERS_TAKING, WORKERS_THERE, JobState, LeaseState

#: Seconds after which a waiting lease is handed out again if nobody could look whether its message is there;
#: longer than any lease waits behind another.
UNSEEN = 120.0
#: The fact under which dropped messages are counted.
RUBBISH = "rubbish"
#: Seconds between two searches for what may be removed from the object store.
SWEEP = 600.0


def tick(turn: Turn, lookout: Lookout) -> None:
    """Find everything that no message tells; to be called in a deciding turn."""
    keep_time(turn)
    _lose_silent_workers(turn)
    keep_measuring(turn, lookout)
    _lose_expired_leases(turn, lookout)
    _lose_vain_leases(turn, lookout)
    _complete_jobs(turn)
    ask_for_stages(turn, lookout)
    spread_ends(turn)
    ask_to_notify(turn, lookout)
    ask_to_check(turn, lookout)
    _sweep_now_and_then(turn)
    turn.feed_next()


def count_rubbish(connection: Connection, count: int) -> None:
    """Count messages that could not be read; an examination of the farm reports the number."""
    if count:
        insert_if_absent(connection, FarmRecord, name=RUBBISH, value=0.0)
        connection.execute(
            update(FarmRecord).where(FarmRecord.name == RUBBISH).values(value=FarmRecord.value + float(count))
        )


def waiting_queues(connection: Connection) -> list[str]:
    """The queues in which orders should wait, for the lookout."""
    leased = connection.execute(
        select(LeaseRecord.queue).where(IS_LIVE, LeaseRecord.state == LeaseState.QUEUED).distinct()
    ).scalars()
    return [*leased, *own_queues(connection)]


def over_of(connection: Connection, tokens: frozenset[str]) -> frozenset[str]:
    """Those of these that are leases, bundles of leases or measurements, which have ended."""
    name = func.coalesce(LeaseRecord.bundle, LeaseRecord.token)
    known = connection.execute(
        select(name, func.max(case((IS_LIVE, 1), else_=0)))
        .where(LeaseRecord.token.in_(tokens) | LeaseRecord.bundle.in_(tokens))
        .group_by(name)
    )
    measured = connection.execute(
        select(MeasurementRecord.token)
        .where(MeasurementRecord.token.in_(tokens), MeasurementRecord.state.not_in(LIVE_MEASUREMENTS))
    ).scalars()  # fmt: skip
    return frozenset([*(about for about, is_alive in known if not is_alive), *measured])


def _lose_silent_workers(turn: Turn) -> None:
    silent = turn.connection.execute(
        select(WorkerRecord.incarnation).where(
            WorkerRecord.state.in_(WORKERS_THERE),
            WorkerRecord.last_seen < turn.now - turn.settings.lost_after_seconds,
        )
    )
    for incarnation in list(silent.scalars()):
        lose_worker(turn, incarnation)


def _lose_expired_leases(turn: Turn, lookout: Lookout) -> None:
    expired = turn.connection.execute(
        select(LeaseRecord.token, func.coalesce(LeaseRecord.bundle, LeaseRecord.token)).where(
            IS_LIVE, LeaseRecord.state == LeaseState.RUNNING, LeaseRecord.expires_at < turn.now
        )
    ).all()
    # After its last report of a lease a worker no longer names it, and that report may wait long behind others.
    for token in [token for token, about in expired if not lookout.may_wait(about)]:
        # The worker is alive but does not name this lease: its report was lost, and the atom is not to blame.
        end_lease(turn, token, LeaseState.LOST)


def _lose_vain_leases(turn: Turn, lookout: Lookout) -> None:
    for token in list(_vain_leases(turn, lookout)):
        end_lease(turn, token, LeaseState.LOST)


def _vain_leases(turn: Turn, lookout: Lookout) -> Iterator[str]:
    """Waiting leases that nobody will take: no machine of the class is left, or the message was lost."""
    alive = set(
        turn.connection.execute(select(WorkerRecord.queue).where(WorkerRecord.state.in_(WORKERS_TAKING))).scalars()
    )
    lost: dict[str, bool] = {}
    for lease in turn.connection.execute(
        select(LeaseRecord.token, LeaseRecord.bundle, LeaseRecord.queue, LeaseRecord.created_at).where(
            IS_LIVE, LeaseRecord.state == LeaseState.QUEUED
        )
    ).all():
        about = lease.bundle or lease.token
        if about not in lost:
            lost[about] = lookout.is_lost(about, turn.now)
        if lease.queue not in alive or lost[about] or (turn.now - lease.created_at > UNSEEN and not lookout.is_sure):
            yield lease.token


def _complete_jobs(turn: Turn) -> None:
    """Jobs whose split ended after their last atom was done."""
    ready = turn.connection.execute(
        select(JobRecord.id, JobRecord.kind).where(
            JobRecord.state == JobState.CONVERTING, JobRecord.atoms_done >= JobRecord.atoms
        )
    )
    for job_id, kind in ready.all():
        complete_jobs(turn, kind, [job_id])


def _sweep_now_and_then(turn: Turn) -> None:
    insert_if_absent(turn.connection, FarmRecord, name="last_sweep", value=turn.now)
    asked = turn.connection.execute(
        update(FarmRecord)
        .where(FarmRecord.name == "last_sweep", FarmRecord.value < turn.now - SWEEP)
        .values(value=turn.now)
    )
    if asked.rowcount == 1:
        turn.sweep_next()

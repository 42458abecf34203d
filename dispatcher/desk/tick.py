"""Once a second: find what was lost, and put it right from SQL alone."""

from collections.abc import Iterator

from sqlalchemy import Connection, select, update

from dispatcher.desk.clock import keep_time
from dispatcher.desk.effects import Effects
from dispatcher.desk.heartbeat import lose_worker
from dispatcher.desk.lookout import Lookout
from dispatcher.desk.report import complete_job
from dispatcher.desk.returning import end_lease
from dispatcher.desk.stages import ask_for_stages
from storage.records.inserting import insert_if_absent
from storage.records.schema import FarmRecord, JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import JobState, LeaseState, WorkerState
from storage.settings import Settings

#: Seconds after which a lease that still waits is handed out anew where nobody could look whether its message is there;
#: longer than any lease waits behind another.
UNSEEN = 120.0
#: The fact under which dropped messages are counted.
RUBBISH = "rubbish"
#: Seconds between two looks for what may be removed from the object store.
SWEEP = 600.0


def tick(connection: Connection, now: float, settings: Settings, lookout: Lookout) -> Effects:
    """Everything that is to be found out without being told; to be called in a deciding transaction."""
    keep_time(connection, now, settings)
    effects = Effects()
    for found in (
        _lose_silent_workers(connection, now, settings),
        _lose_expired_leases(connection, now, settings, lookout),
        _lose_vain_leases(connection, now, settings, lookout),
        _complete_jobs(connection, now),
        ask_for_stages(connection, now, lookout),
        _ask_for_sweep(connection, now),
    ):
        effects.add(found)
    effects.feed = True
    return effects


def count_rubbish(connection: Connection, count: int) -> None:
    """Add to the number of messages that were none, for `voicefarm doctor` to tell."""
    if count:
        insert_if_absent(connection, FarmRecord, name=RUBBISH, value=0.0)
        connection.execute(
            update(FarmRecord).where(FarmRecord.name == RUBBISH).values(value=FarmRecord.value + float(count))
        )


def waiting_queues(connection: Connection) -> list[str]:
    """The queues in which leases should wait, for the lookout."""
    return list(
        connection.execute(
            select(LeaseRecord.queue).where(LeaseRecord.state == LeaseState.QUEUED).distinct()
        ).scalars()
    )  # fmt: skip


def over_of(connection: Connection, tokens: frozenset[str]) -> frozenset[str]:
    """Those of these that are leases which have ended."""
    ended = select(LeaseRecord.token).where(
        LeaseRecord.token.in_(tokens), LeaseRecord.state.not_in((LeaseState.QUEUED, LeaseState.RUNNING))
    )
    return frozenset(connection.execute(ended).scalars())


def _lose_silent_workers(connection: Connection, now: float, settings: Settings) -> Effects:
    silent = connection.execute(
        select(WorkerRecord.incarnation).where(
            WorkerRecord.state != WorkerState.GONE, WorkerRecord.last_seen < now - settings.lost_after_seconds
        )
    )
    effects = Effects()
    for incarnation in list(silent.scalars()):
        effects.add(lose_worker(connection, incarnation, now, settings))
    return effects


def _lose_expired_leases(connection: Connection, now: float, settings: Settings, lookout: Lookout) -> Effects:
    expired = connection.execute(
        select(LeaseRecord.token).where(LeaseRecord.state == LeaseState.RUNNING, LeaseRecord.expires_at < now)
    )
    effects = Effects()
    # A worker that has sent its last report of a lease speaks of it no more, and behind others it may wait for long.
    for token in [token for token in expired.scalars() if not lookout.may_wait(token)]:
        # The worker is there but does not speak of this lease: its report was lost, the atom is not to blame.
        effects.add(end_lease(connection, token, LeaseState.LOST, now, settings.max_attempts))
    return effects


def _lose_vain_leases(connection: Connection, now: float, settings: Settings, lookout: Lookout) -> Effects:
    effects = Effects()
    for token in list(_vain_leases(connection, now, lookout)):
        effects.add(end_lease(connection, token, LeaseState.LOST, now, settings.max_attempts))
    return effects


def _vain_leases(connection: Connection, now: float, lookout: Lookout) -> Iterator[str]:
    """Waiting leases that nobody will come for: no machine of the class is left, or the message was lost."""
    alive = set(
        connection.execute(
            select(WorkerRecord.queue).where(WorkerRecord.state.in_((WorkerState.READY, WorkerState.BUSY)))
        ).scalars()
    )
    for lease in connection.execute(
        select(LeaseRecord.token, LeaseRecord.queue, LeaseRecord.created_at).where(
            LeaseRecord.state == LeaseState.QUEUED
        )
    ):
        lost = lookout.is_lost(lease.token, now)
        if lease.queue not in alive or lost or (now - lease.created_at > UNSEEN and not lookout.is_sure):
            yield lease.token


def _complete_jobs(connection: Connection, now: float) -> Effects:
    """Jobs whose split ended after their last atom was done."""
    ready = connection.execute(
        select(JobRecord.id).where(JobRecord.state == JobState.CONVERTING, JobRecord.atoms_done >= JobRecord.atoms)
    )
    effects = Effects()
    for job_id in list(ready.scalars()):
        effects.add(complete_job(connection, job_id, now))
    return effects


def _ask_for_sweep(connection: Connection, now: float) -> Effects:
    insert_if_absent(connection, FarmRecord, name="last_sweep", value=now)
    asked = connection.execute(
        update(FarmRecord).where(FarmRecord.name == "last_sweep", FarmRecord.value < now - SWEEP).values(value=now)
    )
    return Effects(sweep=asked.rowcount == 1)

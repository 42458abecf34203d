"""Jumps of the dispatcher's clock: nobody is blamed for an absence, and nothing waits for a time that never was."""

from sqlalchemy import Connection, and_, case, or_, select, update

from dispatcher.jobs.moves import CLAIM_SECONDS, LONGEST_PAUSE
from dispatcher.turns.turn import Turn
from storage.records.rows import insert_if_absent
from storage.records.schema import FarmRecord, JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import ENDED_JOBS, LIVE_LEASES, WorkerState
from storage.settings import Settings

#: Ticks come every second; a longer gap means that no dispatcher was there to hear heartbeats, or that a clock was set.
GAP = 5.0


def keep_time(turn: Turn) -> None:
    """Repair what a gap in the clock has left in the records."""
    insert_if_absent(turn.connection, FarmRecord, name="last_tick", value=turn.now)
    last = turn.connection.execute(select(FarmRecord.value).where(FarmRecord.name == "last_tick")).scalar_one()
    if turn.now - last > GAP:
        _forgive(turn.connection, turn.now - last)
    # Processes read the clock at different moments around its setting, so that times from before and after mix.
    # Whatever is further in the future than possible is brought back, at every tick.
    _bring_back(turn.connection, turn.now, turn.settings)
    turn.connection.execute(update(FarmRecord).where(FarmRecord.name == "last_tick").values(value=turn.now))


def _forgive(connection: Connection, gap: float) -> None:
    connection.execute(
        update(WorkerRecord)
        .where(WorkerRecord.state != WorkerState.GONE)
        .values(last_seen=WorkerRecord.last_seen + gap)
    )
    connection.execute(
        update(LeaseRecord)
        .where(LeaseRecord.state.in_(LIVE_LEASES))
        .values(expires_at=LeaseRecord.expires_at + gap, heard_at=LeaseRecord.heard_at + gap)
    )
    # Claims could not be renewed either, and one that runs out would count as a death.
    connection.execute(
        update(JobRecord)
        .where(JobRecord.state.not_in(ENDED_JOBS), JobRecord.claim.is_not(None))
        .values(claim_until=JobRecord.claim_until + gap)
    )


def _bring_back(connection: Connection, now: float, settings: Settings) -> None:
    expires = now + settings.lost_after_seconds
    connection.execute(
        update(WorkerRecord)
        .where(WorkerRecord.last_seen > now, WorkerRecord.state != WorkerState.GONE)
        .values(last_seen=now)
    )
    connection.execute(
        update(LeaseRecord)
        .where(LeaseRecord.state.in_(LIVE_LEASES), LeaseRecord.expires_at > expires)
        .values(expires_at=expires)
    )
    connection.execute(
        update(LeaseRecord).where(LeaseRecord.state.in_(LIVE_LEASES), LeaseRecord.heard_at > now).values(heard_at=now)
    )
    latest = now + case((JobRecord.claim.is_(None), 0.0), else_=CLAIM_SECONDS)
    later = now + LONGEST_PAUSE
    connection.execute(
        update(JobRecord)
        .where(JobRecord.state.not_in(ENDED_JOBS))
        .where(
            or_(
                JobRecord.claim_until > latest,
                JobRecord.not_before > later,
                JobRecord.last_leased_at > now,
                and_(JobRecord.waiting_since.is_not(None), JobRecord.waiting_since > now),
            )
        )
        .values(
            claim_until=case((JobRecord.claim_until > latest, latest), else_=JobRecord.claim_until),
            not_before=case((JobRecord.not_before > later, later), else_=JobRecord.not_before),
            last_leased_at=case((JobRecord.last_leased_at > now, now), else_=JobRecord.last_leased_at),
            waiting_since=case((JobRecord.waiting_since > now, now), else_=JobRecord.waiting_since),
        )
    )
    connection.execute(
        update(FarmRecord).where(FarmRecord.name == "last_sweep", FarmRecord.value > now).values(value=now)
    )

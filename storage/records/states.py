"""The words that records use for the state of something."""

from enum import StrEnum


class JobState(StrEnum):
    """The states of a job; dispatcher/jobs/life.py says which may follow which."""

    SUBMITTED = "submitted"
    SPLITTING = "splitting"
    CONVERTING = "converting"
    STITCHING = "stitching"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AtomState(StrEnum):
    """An atom waits, is held by a lease, is done, must be cut again, or was given up on."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    DAMAGED = "damaged"
    PARKED = "parked"


class LeaseState(StrEnum):
    """A lease waits in its queue, runs on a worker, or is over in one way or another."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    LOST = "lost"
    DROPPED = "dropped"


class WorkerState(StrEnum):
    """What a worker last said it was doing."""

    READY = "ready"
    BUSY = "busy"
    DRAINING = "draining"
    MEASURING = "measuring"
    """It measures what its device brings, and takes no leases meanwhile."""
    GONE = "gone"
    """It said goodbye."""
    LOST = "lost"
    """It was not heard of for too long. No worker says this of itself."""


class Outcome(StrEnum):
    """How a try of an atom ended. Newer workers may send others, which count as failed."""

    DONE = "done"
    CACHED = "cached"
    """Its result was in the store already."""
    LATE = "late"
    """It was done, but another worker had finished it first."""
    FAILED = "failed"
    DAMAGED = "damaged"
    """Its prepared samples are missing or not what was stored, so they must be cut again."""
    AWAY = "away"
    """The object store did not answer for longer than a worker waits, or the worker has a different version of the
    engine than the job wants: the atom is not to blame."""


class MeasurementState(StrEnum):
    """A measurement waits for its turn, for its worker, is under way, or is over in one way or another."""

    WAITING = "waiting"
    ORDERED = "ordered"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CheckState(StrEnum):
    """A result waits to be judged, until it is, or until nobody tries any more."""

    WAITING = "waiting"
    JUDGED = "judged"
    GIVEN_UP = "given up"


class NoticeState(StrEnum):
    """A notice waits to be delivered, until it is, or until nobody tries any more."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given up"


#: Outcomes that finish an atom.
GOOD = frozenset({Outcome.DONE, Outcome.CACHED})
#: Workers that are there; those of them that take leases; and those that do or soon will again.
WORKERS_THERE = (WorkerState.READY, WorkerState.BUSY, WorkerState.MEASURING, WorkerState.DRAINING)
WORKERS_TAKING = (WorkerState.READY, WorkerState.BUSY)
WORKERS_STAYING = (*WORKERS_TAKING, WorkerState.MEASURING)
LIVE_LEASES = (LeaseState.QUEUED, LeaseState.RUNNING)
ENDED_JOBS = (JobState.FINISHED, JobState.FAILED, JobState.CANCELLED)
OPEN_JOBS = tuple(state for state in JobState if state not in ENDED_JOBS)
#: Measurements that a worker has or will have in hand: one at a time on a whole farm.
LIVE_MEASUREMENTS = (MeasurementState.ORDERED, MeasurementState.RUNNING)
OPEN_MEASUREMENTS = (MeasurementState.WAITING, *LIVE_MEASUREMENTS)

"""The words that records use for where something stands."""

from enum import StrEnum


class JobState(StrEnum):
    """A job's life; dispatcher/life.py says what may follow what."""

    SUBMITTED = "submitted"
    SPLITTING = "splitting"
    CONVERTING = "converting"
    STITCHING = "stitching"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AtomState(StrEnum):
    """An atom waits, is out under a lease, is done, must be cut again, or was given up on."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    DAMAGED = "damaged"
    PARKED = "parked"


class LeaseState(StrEnum):
    """A lease waits in its queue, runs on a worker, or is over one way or the other."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    LOST = "lost"
    DROPPED = "dropped"


class WorkerState(StrEnum):
    """What a worker said last."""

    READY = "ready"
    BUSY = "busy"
    DRAINING = "draining"
    GONE = "gone"


LIVE_LEASES = (LeaseState.QUEUED, LeaseState.RUNNING)
ENDED_JOBS = (JobState.FINISHED, JobState.FAILED, JobState.CANCELLED)

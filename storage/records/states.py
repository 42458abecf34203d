"""The words that records use for where something stands."""

from enum import StrEnum


class JobState(StrEnum):
    """A job's life; dispatcher/jobs/life.py says what may follow what."""

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


class Outcome(StrEnum):
    """How a try of an atom ended. Newer workers may know more, which count as failed."""

    DONE = "done"
    CACHED = "cached"
    """Its result was in the store already."""
    LATE = "late"
    """It was done, but somebody else had finished it before."""
    FAILED = "failed"
    DAMAGED = "damaged"
    """Its prepared samples are missing or not what was stored: they must be cut again."""
    AWAY = "away"
    """The object store did not answer for longer than a worker waits, or the worker has another version of the engine
    than the job wants: the atom is not to blame."""


#: Outcomes with which an atom is finished.
GOOD = frozenset({Outcome.DONE, Outcome.CACHED})
LIVE_LEASES = (LeaseState.QUEUED, LeaseState.RUNNING)
ENDED_JOBS = (JobState.FINISHED, JobState.FAILED, JobState.CANCELLED)

"""A job's life as an explicit state machine: what may follow what, and which events lead there."""

from enum import StrEnum

from storage.records.states import JobState


class Event(StrEnum):
    """What can happen to a job."""

    SPLIT_BEGUN = "split begun"
    SPLIT_DONE = "split done"
    ALL_CONVERTED = "all converted"
    ATOMS_LOST = "converted atoms lost"
    STITCHED = "stitched"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RETRIED_UNSPLIT = "retried before its split was done"
    RETRIED = "retried"


_ALIVE = (JobState.SUBMITTED, JobState.SPLITTING, JobState.CONVERTING, JobState.STITCHING)
_ENDED = (JobState.FAILED, JobState.CANCELLED)

_LIFE: dict[Event, tuple[tuple[JobState, ...], JobState]] = {
    # A split or stitch whose process died begins again from the state it left behind.
    Event.SPLIT_BEGUN: ((JobState.SUBMITTED, JobState.SPLITTING), JobState.SPLITTING),
    Event.SPLIT_DONE: ((JobState.SPLITTING,), JobState.CONVERTING),
    Event.ALL_CONVERTED: ((JobState.CONVERTING,), JobState.STITCHING),
    # The stitch found that the store does not return what was put there.
    Event.ATOMS_LOST: ((JobState.STITCHING,), JobState.CONVERTING),
    Event.STITCHED: ((JobState.STITCHING,), JobState.FINISHED),
    Event.FAILED: (_ALIVE, JobState.FAILED),
    Event.CANCELLED: (_ALIVE, JobState.CANCELLED),
    Event.RETRIED_UNSPLIT: (_ENDED, JobState.SUBMITTED),
    Event.RETRIED: (_ENDED, JobState.CONVERTING),
}


def possible_from(event: Event) -> tuple[JobState, ...]:
    """The states in which this can happen; in any other state the event is too late and changes nothing."""
    return _LIFE[event][0]


def leads_to(event: Event) -> JobState:
    """The state that follows."""
    return _LIFE[event][1]

"""What the farm answers: values with one JSON form for every caller."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from storage.errors import VoicefarmError
from storage.objects.address import Place
from storage.records.states import JobState
from storage.remedies import Remedy


@dataclass(frozen=True, slots=True)
class Submitted:
    """A recording that was taken in."""

    job: int
    is_told: bool = True
    """Whether the farm was told. If it is not up, or has no broker just now, it finds the job by itself."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A job that was cancelled or retried."""

    job: int
    state: JobState
    is_told: bool = True
    """Whether the farm was told; if not, it soon finds out by itself."""


@dataclass(frozen=True, slots=True)
class WorkerKey:
    """A key that a machine signs with, without its secret."""

    name: str
    created_at: float
    """Seconds since the epoch."""

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


#: States of recordings that have no job of their own, or none whose result is here: never taken in; a batch has the
#: job already; the result exists already; it could not be brought here.
REFUSED, KNOWN, THERE, UNFETCHED = "refused", "known", "there", "unfetched"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one recording, so far or in the end."""

    source: Place
    voice: str = ""
    job: int | None = None
    batch: str | None = None
    """The batch that its job went into."""
    state: str = REFUSED
    """The job's, where that is not one of the four above."""
    result: Place | None = None
    error: VoicefarmError | None = None
    remark: str | None = None
    """What its owner should know, though nothing failed."""
    carried: Mapping[str, Any] | None = None
    """What its owner wanted back with the result."""
    place: int = 0
    """Its number among the recordings, in the order in which they were found."""

    @property
    def is_good(self) -> bool:
        """Whether the result is where it was wanted."""
        return self.state in (JobState.FINISHED, THERE)

    @property
    def is_new(self) -> bool:
        """Whether the recording has just become a job."""
        return self.state == JobState.SUBMITTED

    def to_json(self, word: Callable[[Remedy], str] = str) -> dict[str, Any]:
        """For programs, in the same form whoever asked; `word` names the remedies of an error."""
        return {
            "source": str(self.source),
            "voice": self.voice,
            "job": self.job,
            "batch": self.batch,
            "state": self.state,
            "result": None if self.result is None else str(self.result),
            "error": None if self.error is None else self.error.to_json(word),
            "remark": self.remark,
            "carried": None if self.carried is None else dict(self.carried),
        }

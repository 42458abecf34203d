"""What the farm answers: values with one JSON form for every caller."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from storage.errors import VoicefarmError
from storage.objects.address import Place
from storage.records.states import JobState


@dataclass(frozen=True, slots=True)
class Submitted:
    """A recording that was taken in."""

    job: int
    is_told: bool = True
    """Whether the farm was told. If it is not up, or has no broker just now, it finds the job by itself."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of one recording that was handed in with others."""

    source: Place
    job: int | None = None
    is_new: bool = True
    """Whether the job is a fresh one; else the batch had it already."""
    batch: str | None = None
    error: VoicefarmError | None = None
    voice: str = ""
    place: int = 0
    """Its number among the recordings, in the order in which they were found."""

    def to_json(self, worded: Callable[[VoicefarmError], str] = str) -> dict[str, Any]:
        """For programs; `worded` turns an error into a sentence."""
        return {
            "source": str(self.source),
            "voice": self.voice,
            "job": self.job,
            "batch": self.batch,
            "new": self.is_new and self.job is not None,
            **({} if self.error is None else {"error": worded(self.error)}),
        }


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


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one recording."""

    source: Place
    result: Place | None = None
    job: int | None = None
    state: str = "refused"
    """`refused` where it never became a job, `there` where its result existed already, `unfetched` where that could not
    be brought here, else the job's.
    """
    error: VoicefarmError | None = None
    remark: str | None = None
    """What its owner should know, though nothing failed."""
    voice: str = ""
    carried: Mapping[str, Any] | None = None
    """What its owner wanted back with the result."""
    place: int = 0
    """Its number among the recordings, in the order in which they were found."""

    @property
    def is_good(self) -> bool:
        """Whether the result is where it was wanted."""
        return self.state in ("finished", "there")

    def to_json(self, worded: Callable[[VoicefarmError], str] = str) -> dict[str, Any]:
        """For programs; `worded` turns an error into a sentence."""
        return {
            "source": str(self.source),
            "voice": self.voice,
            "result": None if self.result is None else str(self.result),
            "job": self.job,
            "state": self.state,
            "error": None if self.error is None else worded(self.error),
            "remark": self.remark,
            **({} if self.carried is None else {"carried": dict(self.carried)}),
        }

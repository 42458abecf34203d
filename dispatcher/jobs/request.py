"""What somebody asks for when handing a recording in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: How urgent a job is, by name; the smaller comes first.
PRIORITIES = {"urgent": 0, "high": 3, "normal": 5, "low": 8}
#: Fields that change what a result is; the others that do so are part of what follows from the voice.
_OF_RESULT = ("allow_truncated", "depth", "track", "keep_original", "before", "after")


@dataclass(frozen=True, slots=True)
class Request:
    """One conversion: voice and settings, what it needs, and how the result should be."""

    voice: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    require: frozenset[str] = frozenset()
    priority: int = PRIORITIES["normal"]
    format: str | None = None
    """Of the result; by default what the output's name says, else the first of all formats."""
    rate: int | None = None
    channels: str = "mix"
    """Which of the recording's channels: `mix`, `left`, `right`, `each`, or the number of one, from 1."""
    mix_back: bool | None = None
    """Whether the recording's other channels go into the result of one; None leaves that to the farm's settings."""
    allow_truncated: bool = False
    depth: str | None = None
    """Of the result's samples: 16, 24 or float; by default as deep as the recording's."""
    track: int = 0
    """Which of the recording's tracks of sound is converted, counted from 0."""
    keep_original: bool = False
    """Whether a film keeps its own sound beside the converted."""
    before: str = ""
    """The chain of effects that the recording goes through before it is converted, or a chain's name."""
    after: str = ""
    """The chain of effects that the result goes through."""
    quality_check: bool = False
    """Whether the result is judged once it is there."""
    notify: str = ""
    """The address that is told when the job has ended, or its batch."""

    @property
    def unusual(self) -> dict[str, Any]:
        """What it asks of the result beyond the usual; a field that is added later leaves this of older requests as
        it was.
        """
        usual = Request(self.voice)
        return {name: value for name in _OF_RESULT if (value := getattr(self, name)) != getattr(usual, name)}

"""What somebody asks for when handing a recording in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: How urgent a job is, by name; the smaller comes first.
PRIORITIES = {"urgent": 0, "high": 3, "normal": 5, "low": 8}


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
    allow_truncated: bool = False
    depth: str | None = None
    """Of the result's samples: 16, 24 or float; by default as deep as the recording's."""
    track: int = 0
    """Which of the recording's tracks of sound is converted, counted from 0."""
    keep_original: bool = False
    """Whether a film keeps its own sound beside the converted."""

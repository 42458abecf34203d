"""The settings that a job may give for a WORLD voice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from workers.engines.setting import declared, number, read_settings, seed

_WHAT = "The settings of a WORLD voice"


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """Settings on top of the voice's recipe; by default they change nothing."""

    pitch: float = number(0.0, -24.0, 24.0, "semitones up or down, on top of the voice's own")
    formant: float = number(1.0, 0.5, 2.0, "formant ratio, above 1 a smaller throat")
    breath: float = number(0.0, 0.0, 1.0, "breath to add, 0 to 1")
    seed: int = seed()

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read settings strictly."""
        return cls(**read_settings(_WHAT, declared(cls), given))

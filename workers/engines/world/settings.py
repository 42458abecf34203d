"""What one job may ask of a WORLD voice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from workers.engines.fields import Ranges, read_numbers, read_seed, refuse_unknown

RANGES: Ranges = {"pitch": (-24.0, 24.0), "formant": (0.5, 2.0), "breath": (0.0, 1.0)}

_WHAT = "The settings of a WORLD voice"


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """Semitones, a formant ratio and breath on top of the voice's own, and the seed of its noise."""

    pitch: float = 0.0
    formant: float = 1.0
    breath: float = 0.0
    seed: int = 0

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read settings strictly; what is not given changes nothing."""
        refuse_unknown(_WHAT, given, frozenset(RANGES) | {"seed"})
        return cls(**read_numbers(_WHAT, given, RANGES), seed=read_seed(_WHAT, given.get("seed", 0)))

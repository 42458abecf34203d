"""What one job may ask of a WORLD voice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from storage.errors import InputError
from workers.engines.world.fields import Ranges, read_numbers, refuse_unknown

RANGES: Ranges = {"pitch": (-24.0, 24.0), "formant": (0.5, 2.0), "breath": (0.0, 1.0)}

#: One more than the largest seed: the noise generator's key is 64 bits wide.
SEEDS = 1 << 64


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
        refuse_unknown("The settings of a WORLD voice", given, frozenset(RANGES) | {"seed"})
        numbers = read_numbers("The settings of a WORLD voice", given, RANGES)
        return cls(**numbers, seed=_read_seed(given.get("seed", 0)))


def _read_seed(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < SEEDS:
        raise InputError(
            f"The settings of a WORLD voice: seed must be a whole number from 0 to 2^64 - 1, not {value!r}."
        )
    return value

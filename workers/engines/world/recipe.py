"""The recipe of a WORLD voice: a handful of numbers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from workers.engines.fields import Ranges, read_numbers, refuse_unknown

RANGES: Ranges = {
    "pitch_semitones": (-24.0, 24.0),
    "pitch_centre_hz": (40.0, 1000.0),
    "pitch_spread": (0.0, 3.0),
    "formant_ratio": (0.5, 2.0),
    "breath": (0.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class WorldVoice:
    """A voice as a change of the source.

    The pitch moves by `pitch_semitones`, and its distance from `pitch_centre_hz` is stretched by `pitch_spread`: 1
    keeps the melody, 0 gives a monotone. Formants move by `formant_ratio`; `breath` turns that share of the voice's
    power into noise.
    """

    pitch_semitones: float = 0.0
    pitch_centre_hz: float = 200.0
    pitch_spread: float = 1.0
    formant_ratio: float = 1.0
    breath: float = 0.0

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read a recipe strictly; a missing field has its default, which changes nothing."""
        refuse_unknown("A WORLD voice", given, frozenset(RANGES))
        return cls(**read_numbers("A WORLD voice", given, RANGES))

    def to_json(self) -> dict[str, float]:
        """The recipe as it is stored."""
        return asdict(self)

"""What makes a WORLD voice, the voices that are built in, and what a job may ask of one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Self

from workers.engines.fields import Ranges, read_numbers, refuse_unknown
from workers.engines.setting import declared, number, read_settings, seed

RANGES: Ranges = {
    "pitch_semitones": (-24.0, 24.0),
    "pitch_centre_hz": (40.0, 1000.0),
    "pitch_spread": (0.0, 3.0),
    "formant_ratio": (0.5, 2.0),
    "breath": (0.0, 1.0),
}

_WHAT = "the settings of a WORLD voice"


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
        refuse_unknown("a WORLD voice", given, frozenset(RANGES))
        return cls(**read_numbers("a WORLD voice", given, RANGES))

    def to_json(self) -> dict[str, float]:
        """The recipe as it is stored."""
        return asdict(self)


VOICES: Mapping[str, WorldVoice] = MappingProxyType(
    {
        "plain": WorldVoice(),
        "bright": WorldVoice(pitch_semitones=4.0, formant_ratio=1.12),
        "deep": WorldVoice(pitch_semitones=-5.0, formant_ratio=0.86),
        "child": WorldVoice(pitch_semitones=8.0, pitch_spread=1.1, formant_ratio=1.28, breath=0.03),
        "whisper": WorldVoice(formant_ratio=1.05, breath=1.0),
        "robot": WorldVoice(pitch_centre_hz=110.0, pitch_spread=0.0),
    }
)


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

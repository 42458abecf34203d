"""What makes a WORLD voice, the voices that are built in, and what a job may ask of one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Self

from workers.engines.setting import (
    FORMANT,
    FORMANT_HELP,
    PITCH,
    PITCH_HELP,
    Unit,
    declared,
    number,
    read_settings,
    seed,
)

_VOICE = "a WORLD voice"
_WHAT = "the settings of a WORLD voice"


@dataclass(frozen=True, slots=True)
class WorldVoice:
    """A voice as a change of the source.

    The pitch moves by `pitch_semitones`, and its distance from `pitch_centre_hz` is stretched by `pitch_spread`: 1
    keeps the melody, 0 gives a monotone. Formants move by `formant_ratio`; `breath` turns that share of the voice's
    power into noise.
    """

    pitch_semitones: float = number(0.0, -24.0, 24.0, "semitones", unit=Unit.SEMITONES, names=PITCH)
    pitch_centre_hz: float = number(200.0, 40.0, 1000.0, "hertz")
    pitch_spread: float = number(1.0, 0.0, 3.0, "a factor")
    formant_ratio: float = number(1.0, 0.5, 2.0, "a ratio", unit=Unit.RATIO, names=FORMANT)
    breath: float = number(0.0, 0.0, 1.0, "a share")

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read a recipe strictly; a missing field has its default, which changes nothing."""
        return cls(**read_settings(_VOICE, declared(cls), given))

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

    pitch: float = number(0.0, -24.0, 24.0, PITCH_HELP, unit=Unit.SEMITONES, names=PITCH)
    formant: float = number(1.0, 0.5, 2.0, FORMANT_HELP, unit=Unit.RATIO, names=FORMANT)
    breath: float = number(0.0, 0.0, 1.0, "breath to add, 0 to 1")
    seed: int = seed()

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read settings strictly."""
        return cls(**read_settings(_WHAT, declared(cls), given))

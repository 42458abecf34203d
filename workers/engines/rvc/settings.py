"""The settings that a job may give for an RVC voice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from storage.errors import InputError
from workers.engines.naming import ratio_of
from workers.engines.setting import (
    FORMANT,
    FORMANT_HELP,
    PITCH,
    PITCH_HELP,
    Unit,
    choice,
    declared,
    number,
    numbered,
    read_settings,
    seed,
)

NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

#: The precision that leaves the choice to the farm.
AUTO = "auto"

#: What a quality means unless the job says otherwise. `auto` takes the fastest numbers that the device computes in
#: without an audible difference, so it is used for the first two; for quality, precision should leave no doubt. For
#: speed, the voice does not breathe through pauses.
QUALITIES: Mapping[str, Mapping[str, Any]] = {
    "fast": {"precision": AUTO, "pauses": "silent"},
    "balanced": {"precision": AUTO, "pauses": "converted"},
    "quality": {"precision": "fp32", "pauses": "converted"},
}

#: Far more speakers than any voice has; only the voice's package tells whether a speaker exists.
_MOST_SPEAKERS = 1 << 16

_WHAT = "the settings of an RVC voice"


@dataclass(frozen=True, slots=True)
class RvcSettings:
    """All settings of a conversion, with their defaults."""

    # Four octaves: from a bass to a whistle register and back.
    transpose: float = number(0.0, -48.0, 48.0, PITCH_HELP, unit=Unit.SEMITONES, names=PITCH)
    pitch_method: str = choice(("rmvpe", "harvest", "dio", "swift-f0"), "how the pitch is found")
    # The limits of the pitch net, whose lowest and highest bins are at 32 Hz and 2005 Hz.
    pitch_low: float = number(50.0, 30.0, 2000.0, "hertz; frames with a lower pitch count as unvoiced")
    pitch_high: float = number(1100.0, 30.0, 2000.0, "hertz; frames with a higher pitch count as unvoiced")
    autotune: float = number(0.0, 0.0, 1.0, "how far the pitch is drawn towards notes, 0 to 1")
    autotune_key: str = choice(NOTES, "the key whose notes the pitch is drawn towards")
    autotune_scale: str = choice(("chromatic", "major", "minor"), "the scale of that key")
    # An octave is more than the difference between any two throats.
    formant: float = number(0.0, -12.0, 12.0, FORMANT_HELP, unit=Unit.SEMITONES, names=FORMANT)
    index_rate: float = number(0.75, 0.0, 1.0, "how much is taken from the voice's index, 0 to 1")
    protect: float = number(0.33, 0.0, 0.5, "how far unvoiced sounds are kept from the index; 0.5 is off")
    loudness_mix: float = number(
        1.0, 0.0, 1.0, "1 keeps the result's loudness, 0 takes the recording's", is_of_whole=True
    )
    unvoiced: str = choice(
        ("zero", "interpolate"), "the pitch given to unvoiced sounds: none, or one between their neighbours'"
    )
    pauses: str = choice(("converted", "silent"), "whether the voice breathes through pauses or is silent there")
    """Whether the voice breathes through pauses or is silent there, which costs no work."""
    speaker: int = numbered(_MOST_SPEAKERS - 1, "number or name, in a voice of several")
    seed: int = seed()
    precision: str = choice(
        (AUTO, "fp32", "bf16", "fp16"), "the numbers that workers compute in; auto is the fastest that the farm has"
    )
    quality: str = choice(
        ("fast", "balanced", "quality"),
        "what holds for all that is not given: fast leaves pauses silent, quality computes in fp32",
        default="balanced",
    )

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read settings strictly; a missing one comes from the quality or has its default."""
        asked = read_settings(_WHAT, declared(cls), given)
        settings = cls(**{**QUALITIES[asked.get("quality", cls().quality)], **asked})
        if not settings.pitch_low < settings.pitch_high:
            raise InputError(
                f"{_WHAT}: pitch_low is {settings.pitch_low:g} Hz and pitch_high {settings.pitch_high:g} Hz, which"
                " leaves nothing between them; make pitch_low the smaller one"
            )
        return settings

    @property
    def formant_ratio(self) -> float:
        """The factor for the frequencies of the resonances."""
        return ratio_of(self.formant)

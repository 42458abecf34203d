"""What one job may ask of an RVC voice."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from storage.errors import InputError
from workers.engines.fields import Ranges, read_choice, read_numbers, read_seed, read_whole, refuse_unknown

RANGES: Ranges = {
    # Four octaves: from a bass to a whistle register and back.
    "transpose": (-48.0, 48.0),
    # What the pitch net can tell apart: its lowest and highest bins are 32 Hz and 2005 Hz.
    "pitch_low": (30.0, 2000.0),
    "pitch_high": (30.0, 2000.0),
    "autotune": (0.0, 1.0),
    # An octave: further than any throat is from another.
    "formant": (-12.0, 12.0),
    "index_rate": (0.0, 1.0),
    "protect": (0.0, 0.5),
    "loudness_mix": (0.0, 1.0),
}

NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

CHOICES: Mapping[str, tuple[str, ...]] = {
    "pitch_method": ("rmvpe", "harvest", "dio", "swift-f0"),
    "autotune_key": NOTES,
    "autotune_scale": ("chromatic", "major", "minor"),
    "unvoiced": ("zero", "interpolate"),
    "pauses": ("converted", "silent"),
    "precision": ("auto", "fp32", "bf16", "fp16"),
    "quality": ("fast", "balanced", "quality"),
}

#: What a quality means where the job does not say otherwise. `auto` takes the fastest numbers that the device computes
#: in without an audible difference, so it serves the first two; who asks for quality wants no rounding to wonder about.
#: Who is in a hurry does not wait for the voice to breathe through pauses.
QUALITIES: Mapping[str, Mapping[str, Any]] = {
    "fast": {"precision": "auto", "pauses": "silent"},
    "balanced": {"precision": "auto", "pauses": "converted"},
    "quality": {"precision": "fp32", "pauses": "converted"},
}

#: Far more speakers than any voice has; whether the voice has this one, only its package can tell.
_MOST_SPEAKERS = 1 << 16

_WHAT = "The settings of an RVC voice"


@dataclass(frozen=True, slots=True)
class RvcSettings:
    """Everything that a conversion can be asked for, with what it is where nothing is asked."""

    transpose: float = 0.0
    """Semitones, fractions allowed."""
    pitch_method: str = "rmvpe"
    pitch_low: float = 50.0
    """Hertz; a frame whose pitch lies below is taken for unvoiced."""
    pitch_high: float = 1100.0
    """Hertz; a frame whose pitch lies above is taken for unvoiced."""
    autotune: float = 0.0
    """How far the pitch is drawn to the nearest note of the scale: 0 not at all, 1 all the way."""
    autotune_key: str = "C"
    autotune_scale: str = "chromatic"
    formant: float = 0.0
    """Semitones by which the resonances move while the pitch stays."""
    index_rate: float = 0.75
    """The share of retrieved content features."""
    protect: float = 0.33
    """The share of retrieved features that unvoiced frames keep at most; 0.5 protects nothing."""
    loudness_mix: float = 1.0
    """1 keeps the loudness that the voice comes out with, 0 takes all of the source's."""
    unvoiced: str = "zero"
    pauses: str = "converted"
    """Whether the voice breathes through the recording's pauses, or is silent there, which costs no work."""
    speaker: int = 0
    seed: int = 0
    precision: str = "auto"
    quality: str = "balanced"

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read settings strictly; what is not given comes from the quality, or else is the default."""
        refuse_unknown(_WHAT, given, frozenset(field.name for field in fields(cls)))
        words = {name: read_choice(_WHAT, name, given[name], CHOICES[name]) for name in CHOICES if name in given}
        meant = QUALITIES[words.get("quality", cls().quality)]
        asked: dict[str, Any] = {**meant, **words, **read_numbers(_WHAT, given, RANGES)}
        settings = cls(
            **asked,
            speaker=read_whole(_WHAT, "speaker", given.get("speaker", 0), _MOST_SPEAKERS - 1),
            seed=read_seed(_WHAT, given.get("seed", 0)),
        )
        if not settings.pitch_low < settings.pitch_high:
            raise InputError(
                f"{_WHAT}: pitch_low is {settings.pitch_low:g} Hz and pitch_high {settings.pitch_high:g} Hz, which"
                " leaves nothing between them; make pitch_low the smaller one."
            )
        return settings

    @property
    def formant_ratio(self) -> float:
        """By how much the resonances' frequencies are multiplied."""
        return float(2.0 ** (self.formant / 12.0))

"""The built-in voices."""

from collections.abc import Mapping
from types import MappingProxyType

from workers.engines.world.recipe import WorldVoice

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

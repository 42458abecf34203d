"""Which content features a voice wants of the content encoder that it is used with."""

from dataclasses import dataclass

from storage.errors import ConversionError
from workers.engines.rvc.architecture import EncoderSizes, SynthesizerSizes

#: Layers of the content encoder whose output voices of each version were trained on.
LAYERS_V1, LAYERS_V2 = 9, 12


@dataclass(frozen=True, slots=True)
class Features:
    """How many of the encoder's layers are run, and whether what they give is projected."""

    layers: int
    projects: bool


def features_for(voice: SynthesizerSizes, encoder: EncoderSizes) -> Features:
    """Voices of version 1 want projected features of an earlier layer, those of version 2 the last layer's."""
    projects = voice.content != encoder.hidden
    if projects and encoder.projection != voice.content:
        raise ConversionError(
            f"the voice wants content features {voice.content} wide, and the content encoder gives"
            f" {encoder.hidden} or {encoder.projection}; add the encoder that it was trained with"
        )
    return Features(min(LAYERS_V1 if projects else LAYERS_V2, encoder.layers), projects)

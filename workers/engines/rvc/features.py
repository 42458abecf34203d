"""The content features that a voice needs from its content encoder."""

from dataclasses import dataclass

from storage.errors import ConversionError
from workers.engines.rvc.architecture import EncoderSizes, SynthesizerSizes

#: Layers of the content encoder on whose output voices of version 1 and 2 were trained.
LAYERS_V1, LAYERS_V2 = 9, 12


@dataclass(frozen=True, slots=True)
class Features:
    """How many of the encoder's layers are run, and whether their output is projected."""

    layers: int
    projects: bool


def features_for(voice: SynthesizerSizes, encoder: EncoderSizes) -> Features:
    """The features for a voice: version 1 needs projected ones from an earlier layer, version 2 the last layer's."""
    projects = voice.content != encoder.hidden
    if projects and encoder.projection != voice.content:
        raise ConversionError(
            f"the voice needs content features {voice.content} wide, but the content encoder gives"
            f" {encoder.hidden} or {encoder.projection}; add the encoder that it was trained with"
        )
    return Features(min(LAYERS_V1 if projects else LAYERS_V2, encoder.layers), projects)

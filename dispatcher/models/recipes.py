"""The recipe of a voice that came as a file: its package, and what must be known without opening it."""

from typing import Any

from dispatcher.models.naming import model_name
from storage.errors import InputError
from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.package import Description

#: The content encoder of voices that name none.
USUAL_ENCODER = "contentvec"


def recipe_of(description: Description) -> dict[str, Any]:
    """What the records keep of a voice's package."""
    sizes, facts = description.sizes, description.facts
    if not isinstance(sizes, SynthesizerSizes):
        raise InputError(f"a package of kind {description.kind} is no voice; add it with `voicefarm model add`")
    return {
        "package": description.hash,
        "rate": sizes.rate,
        "has_pitch": sizes.has_pitch,
        "content": sizes.content,
        "embedder": model_name(str(facts.get("embedder") or USUAL_ENCODER)),
        "speakers": sizes.speakers,
        "speaker_names": {str(number): str(name) for number, name in facts.get("speakers", {}).items()},
        "vectors": int(facts.get("vectors") or 0),
    }

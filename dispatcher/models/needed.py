"""The models that a job needs, found by name when it is submitted, so that its recipe says exactly which they are."""

from collections.abc import Mapping
from typing import Any

from dispatcher.jobs.voices import KnownVoice, heard
from dispatcher.models.known import KnownModel, find_model
from dispatcher.models.public_files import PUBLIC_MODELS
from storage.errors import InputError
from storage.records.database import Database
from workers.engines import catalog
from workers.engines.rvc.package import ENCODER, PITCH

#: What the model in a field of a recipe must be, and what people call it.
_KINDS = {"encoder": (ENCODER, "content encoder"), "pitch_model": (PITCH, "pitch model")}


def complete_recipe(database: Database, voice: KnownVoice, settings: Mapping[str, Any]) -> dict[str, Any]:
    """All that determines how the voice sounds, models included; a missing model is an InputError."""
    recipe = heard(voice.recipe)
    for field, name in catalog.needed_models(voice.engine, voice.recipe, settings).items():
        recipe[field] = _model(database, voice, field, name).content_hash
    return recipe


def _model(database: Database, voice: KnownVoice, field: str, name: str) -> KnownModel:
    kind, called = _KINDS.get(field, ("", "model"))
    model = find_model(database, name)
    if model is None:
        pull = f"`voicefarm model pull {name}`, or " if name in PUBLIC_MODELS else ""
        raise InputError(
            f"the voice '{voice.name}' needs the {called} {name}, which this farm does not have;"
            f" run {pull}`voicefarm model add FILE --name {name}`"
        )
    if kind and model.kind != kind:
        raise InputError(
            f"the voice '{voice.name}' needs the {called} {name}, but the model of that name is another kind of"
            f" model; remove it with `voicefarm model remove {name}` and add the right file"
        )
    _check_width(voice, model)
    return model


def _check_width(voice: KnownVoice, model: KnownModel) -> None:
    """An encoder gives features of one width, and of a second one where its file has the projection to it."""
    sizes, width = model.facts.get("sizes", {}), voice.recipe.get("content")
    if model.kind == ENCODER and width not in (sizes.get("hidden"), sizes.get("projection")):
        raise InputError(
            f"the voice '{voice.name}' needs content features of width {width}, which the content encoder"
            f" {model.name} does not give; add a file of it that has `final_proj`"
        )

"""The models that voices need: looked up by name when a job is submitted, and checked beforehand on request."""

from collections.abc import Iterator, Mapping
from typing import Any

from dispatcher.voices.models import KnownModel, all_models, called, find_model
from dispatcher.voices.packages import has_package
from dispatcher.voices.voices import KnownVoice, all_voices, heard, job_settings
from storage.errors import InputError, VoicefarmError
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.remedies import Act, Remedy
from workers.engines import catalog
from workers.engines.package import VOICE
from workers.engines.voice import NeededModel


def complete_recipe(database: Database, voice: KnownVoice, settings: Mapping[str, Any]) -> dict[str, Any]:
    """All that determines how the voice sounds, models included; a missing model is an InputError."""
    recipe = heard(voice.engine, voice.recipe)
    for needed in catalog.engine(voice.engine).needed_models(voice.recipe, settings):
        recipe[needed.field] = _model(database, voice, needed).content_hash
    return recipe


def why_not_ready(database: Database, store: ObjectStore) -> VoicefarmError | None:
    """The first thing that a voice lacks, of models and of files."""
    return next(_faults(database, store), None)


def lacking_kinds(models: list[KnownModel]) -> list[str]:
    """What people call the kinds of models of which the farm has none."""
    kinds = catalog.engine_of_files()[1].model_kinds
    return [said for kind, said in kinds.items() if kind not in {model.kind for model in models}]


def _model(database: Database, voice: KnownVoice, needed: NeededModel) -> KnownModel:
    files = catalog.engine(voice.engine).files
    said = f"the voice '{voice.name}' needs the {called(needed.kind)} {needed.name}"
    model = find_model(database, needed.name)
    if model is None:
        pull = [Remedy(Act.PULL_MODEL, needed.name)] if files and needed.name in files.public_models else []
        raise InputError(f"{said}, which this farm does not have", *pull, Remedy(Act.ADD_MODEL, needed.name))
    if model.kind != needed.kind:
        raise InputError(
            f"{said}, but the model of that name is another kind of model; add the right file once it is removed",
            Remedy(Act.REMOVE_MODEL, needed.name),
        )
    if files and (why := files.why_unfit(model.facts, needed, voice.recipe)):
        raise InputError(f"the voice '{voice.name}' {why}")
    return model


def _faults(database: Database, store: ObjectStore) -> Iterator[VoicefarmError]:
    for voice in all_voices(database):
        try:
            complete_recipe(database, voice, job_settings(voice, {}))
        except InputError as error:
            yield error
        package = voice.recipe.get("package")
        if package and not has_package(store, package, VOICE):
            yield _gone(f"the voice '{voice.name}'")
    for model in all_models(database):
        if not has_package(store, model.content_hash, model.kind):
            yield _gone(f"the model '{model.name}'")


def _gone(what: str) -> VoicefarmError:
    return VoicefarmError(f"the files of {what} are gone from the object store; remove it and add it again")

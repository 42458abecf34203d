"""Whether the models that voices need are there, for `voicefarm doctor`."""

from collections.abc import Iterator

from dispatcher.jobs.voice_settings import job_settings
from dispatcher.jobs.voices import all_voices
from dispatcher.models.known import all_models
from dispatcher.models.needed import complete_recipe
from storage import keys
from storage.errors import InputError, VoicefarmError
from storage.objects.store import ObjectStore
from storage.records.database import Database
from workers.engines.rvc.package import ENCODER, PITCH, VOICE, description_file

_CALLED = {ENCODER: "content encoder", PITCH: "pitch model"}


def models_there(database: Database, store: ObjectStore) -> str:
    """What there is, in words; raises where a voice lacks what it needs."""
    for fault in _faults(database, store):
        raise VoicefarmError(fault)
    models = all_models(database)
    lacking = [called for kind, called in _CALLED.items() if kind not in {model.kind for model in models}]
    there = ", ".join(f"{_CALLED.get(model.kind, model.kind)} {model.name}" for model in models)
    if not lacking:
        return there
    advice = f"no {' and no '.join(lacking)}, which RVC voices need; get the usual ones with `voicefarm model pull`"
    return f"{there}; {advice}" if there else advice


def _faults(database: Database, store: ObjectStore) -> Iterator[str]:
    for voice in all_voices(database):
        try:
            complete_recipe(database, voice, job_settings(voice, {}))
        except InputError as error:
            yield str(error)
        package = voice.recipe.get("package")
        if package and store.find(keys.package_key(package, description_file(VOICE))) is None:
            yield f"the files of the voice '{voice.name}' are gone from the object store; remove it and add it again"
    for model in all_models(database):
        if store.find(keys.package_key(model.content_hash, description_file(model.kind))) is None:
            yield f"the files of the model '{model.name}' are gone from the object store; remove it and add it again"

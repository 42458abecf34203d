"""From somebody's file to a voice or a model of the farm, and back to a program that needs it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

from dispatcher.voices.models import KnownModel, delete_if_unused, record_model, refuse_if_in_use
from dispatcher.voices.needed import complete_recipe
from dispatcher.voices.packages import store_package
from dispatcher.voices.voices import (
    DEFAULTS,
    KnownVoice,
    add_voice,
    check_new_name,
    checked_presets,
    find_voice,
    forget_voice,
    job_settings,
)
from storage.errors import InputError
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.settings import Settings
from workers.engines import catalog

#: The field of a recipe that holds the package of a voice that came from a file.
PACKAGE = "package"
#: The voice that new ones start from if none is named.
PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class VoiceFile:
    """A voice's file and what its owner says about it; see `options` of the engine's files."""

    path: Path
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Adding:
    """Adds voices and models from files."""

    database: Database
    store: ObjectStore
    scratch: Path

    def voice(self, name: str, file: VoiceFile, defaults: Mapping[str, Any]) -> KnownVoice:
        """Add a voice with its presets; nothing is kept of a refused file."""
        check_new_name(self.database, name)
        engine, files = catalog.engine_of_files()
        with self._folder() as folder:
            packed = files.read_voice(file.path, file.options, folder)
            presets = checked_presets(engine.name, packed.facts, defaults)
            store_package(self.store, folder, packed)
        return add_voice(self.database, name, engine.name, {**packed.facts, DEFAULTS: presets})

    def model(self, path: Path, name: str | None = None) -> tuple[KnownModel, bool]:
        """Add a model under its file's name, or another; False if the farm had it already."""
        _, files = catalog.engine_of_files()
        wanted = files.model_name(name) if name else None
        with self._folder() as folder:
            packed = files.read_model(path, folder)
            known_as = wanted or files.name_of_file(packed.name)
            store_package(self.store, folder, packed)
        model = KnownModel(known_as, packed.kind, packed.hash, packed.facts)
        return model, record_model(self.database, model)

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """A folder for a package, removed afterwards."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.scratch, prefix="voicefarm-package-") as folder:
            yield Path(folder)


def change_voice(
    database: Database, name: str, like: str | None, changes: Mapping[str, Any], defaults: Mapping[str, Any]
) -> KnownVoice:
    """Add a voice that differs from another in a few numbers, or in its presets."""
    model = find_voice(database, like or PLAIN)
    if changes and PACKAGE in model.recipe:
        raise InputError(f"the voice '{model.name}' came from a file, so it has no numbers to change; give it presets")
    presets = {**model.defaults, **checked_presets(model.engine, model.recipe, defaults)}
    changed = catalog.engine(model.engine).changed_recipe(model.recipe, changes)
    return add_voice(database, name, model.engine, {**changed, DEFAULTS: presets})


def remove_voice(database: Database, open_store: Callable[[], ObjectStore], name: str) -> KnownVoice:
    """Remove an added voice, and its package unless something else needs it."""
    package = find_voice(database, name).recipe.get(PACKAGE)
    if package:
        refuse_if_in_use(database, package, f"the voice '{name}'")
    voice = forget_voice(database, name)
    if package:
        delete_if_unused(database, open_store(), package)
    return voice


def export_voice(
    database: Database, store: ObjectStore, settings: Settings, name: str, program: str, out: Path
) -> None:
    """Write a trained voice and the models it needs into a new folder, for another program."""
    from workers.engines.packages import Packages

    voice = find_voice(database, name)
    files = catalog.engine(voice.engine).files
    if files is None:
        raise InputError(f"the voice '{name}' is made by rule and has no tensors to export; only trained voices have")
    recipe = complete_recipe(database, voice, job_settings(voice, {}))
    files.export(program, recipe, Packages.of(settings, store, Event()).folder, out)

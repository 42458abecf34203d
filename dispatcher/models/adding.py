"""From a file that somebody has to a voice or a model of the farm: read, pack, store, write down."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dispatcher.intake.draft import Draft
from dispatcher.intake.model_file import read_model
from dispatcher.intake.packing import write_package
from dispatcher.intake.voice_file import read_voice
from dispatcher.jobs.voice_settings import checked_presets
from dispatcher.jobs.voices import KnownVoice, add_voice, check_new_name
from dispatcher.models.known import KnownModel, record_model
from dispatcher.models.naming import model_name, name_of_file
from dispatcher.models.recipes import recipe_of
from dispatcher.models.storing import store_package
from storage.objects.store import ObjectStore
from storage.records.database import Database
from workers.engines.rvc.package import Description

ENGINE = "rvc"


@dataclass(frozen=True, slots=True)
class VoiceFile:
    """A voice as somebody has it, and what they want of it."""

    path: Path
    index: Path | None = None
    most_vectors: int | None = None
    """Vectors to keep of a larger index."""
    rate: int | None = None
    """Hertz, for the few training checkpoints that do not show it."""


@dataclass(frozen=True, slots=True)
class Adding:
    """Takes files in."""

    database: Database
    store: ObjectStore
    scratch: Path

    def voice(self, name: str, file: VoiceFile, defaults: Mapping[str, Any]) -> KnownVoice:
        """Add a voice with its presets; nothing is kept of a file that is refused."""
        check_new_name(self.database, name)
        draft = read_voice(file.path, file.index, file.most_vectors, file.rate)
        with self._packed(draft) as (folder, description):
            recipe = recipe_of(description)
            presets = checked_presets(ENGINE, recipe, defaults)
            store_package(self.store, folder, description)
        return add_voice(self.database, name, ENGINE, {**recipe, "defaults": presets})

    def model(self, path: Path, name: str | None = None) -> tuple[KnownModel, bool]:
        """Add a model under its file's name, or another; False where the farm had it already."""
        wanted = model_name(name) if name else None
        draft = read_model(path)
        known_as = wanted or name_of_file(str(draft.facts["name"]))
        with self._packed(draft) as (folder, description):
            store_package(self.store, folder, description)
        facts = {
            **description.facts,
            "sizes": description.sizes.to_json(),
            "bytes": sum(file.bytes for file in description.files.values()),
        }
        model = KnownModel(known_as, description.kind, description.hash, facts)
        return model, record_model(self.database, model)

    @contextmanager
    def _packed(self, draft: Draft) -> Iterator[tuple[Path, Description]]:
        """The package in a folder that goes afterwards."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.scratch, prefix="voicefarm-package-") as folder:
            yield Path(folder), write_package(draft, Path(folder))

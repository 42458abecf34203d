"""The voices, models and chains of effects of a farm."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatcher.client.ground import Ground
from dispatcher.jobs.chains import add_chain, named_chains, remove_chains
from dispatcher.voices.adding import Adding, VoiceFile, change_voice, export_voice, remove_voice
from dispatcher.voices.models import KnownModel, all_models, remove_model
from dispatcher.voices.voices import KnownVoice, all_voices, find_voice
from workers.engines.voice_files import PublicModel


@dataclass(frozen=True)
class Library(Ground):
    """Lists, adds, exports and removes them."""

    def voices(self) -> list[KnownVoice]:
        """Every voice, the built-in ones first."""
        return all_voices(self.database)

    def voice(self, name: str) -> KnownVoice:
        """The voice of this name."""
        return find_voice(self.database, name)

    def add_voice(self, name: str, file: VoiceFile, defaults: Mapping[str, Any] | None = None) -> KnownVoice:
        """Add a trained voice from its file, with settings that its jobs have unless they say otherwise."""
        return self._adding.voice(name, file, defaults or {})

    def change_voice(
        self, name: str, like: str | None = None, changes: Mapping[str, Any] | None = None,
        defaults: Mapping[str, Any] | None = None,
    ) -> KnownVoice:  # fmt: skip
        """Add a voice that differs from another in a few numbers, or in its own settings."""
        return change_voice(self.database, name, like, changes or {}, defaults or {})

    def remove_voice(self, name: str) -> KnownVoice:
        """Remove a voice that was added."""
        return remove_voice(self.database, self._open_store, name)

    def export_voice(self, name: str, program: str, out: Path) -> None:
        """Write a trained voice and the models it needs into a new folder, for a program elsewhere."""
        export_voice(self.database, self.store, self.settings, name, program, out)

    def models(self) -> list[KnownModel]:
        """Every model that voices share."""
        return all_models(self.database)

    def add_model(self, path: Path, name: str | None = None) -> tuple[KnownModel, bool]:
        """Add a model from its file or folder; False where the farm had it already."""
        return self._adding.model(path, name)

    def pull_models(
        self,
        names: Sequence[str] = (),
        host: str | None = None,
        showing: Callable[[PublicModel], AbstractContextManager[Callable[[int], None]]] | None = None,
    ) -> Iterator[tuple[PublicModel, KnownModel | None]]:
        """Download the models that nearly all voices need, or those named; None for each that is there already."""
        # Only downloading needs this import.
        from dispatcher.voices.downloading import Pulling

        pulling = Pulling(self._adding, self.settings.state_folder / "downloads", host)
        for model in pulling.wanted(tuple(names)):
            yield model, pulling.pull(model, showing)

    def remove_model(self, name: str) -> KnownModel:
        """Remove a model; voices that need it cannot be used until it is added again."""
        return remove_model(self.database, self._open_store, name)

    def chains(self) -> Mapping[str, str]:
        """Every chain of effects that has a name, written out in full."""
        return named_chains(self.database)

    def add_chain(self, name: str, chain: str) -> str:
        """Give a chain of effects a name, which may have meant another before; returns it written out in full."""
        return add_chain(self.database, name, chain, time.time())

    def remove_chains(self, names: Sequence[str]) -> None:
        """Forget names of chains; jobs that were handed in with them keep their effects."""
        remove_chains(self.database, names)

    @property
    def _adding(self) -> Adding:
        return Adding(self.database, self.store, self.settings.scratch_folder)

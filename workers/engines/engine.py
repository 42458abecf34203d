"""The door that every engine comes through."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from workers.engines.setting import Setting, in_own_words, read_settings
from workers.engines.voice import FoundDevice, NeededModel, PackageFolders, Shelf, Voice
from workers.engines.voice_files import VoiceFiles


class Engine(ABC):
    """One way of making a voice out of another, as the farm sees it; what only it knows lies in its folder.

    A module called `engine` in that folder holds one object of it as `ENGINE`, and must be quick to import: whatever is
    heavy is imported where it is used.
    """

    name: str
    """As in queues, recipes and rows."""
    title: str
    """As people read it."""
    version: str
    """Part of every result's key: raise it whenever the same input would give other samples."""
    rate_in: int
    """Hertz of the samples that it wants."""
    context_seconds: float
    """How much of the recording it wants on both sides of an atom."""
    worker_bytes: int
    """Memory of a worker that converts with it."""
    capabilities: frozenset[str] = frozenset({"cpu", "cuda", "mlx"})
    """Where it can run if what it needs is installed."""
    has_nets: bool = False
    """Whether an accelerator and more threads make it quicker."""
    settings: tuple[Setting, ...]
    """What a job may ask for."""
    unheard: frozenset[str] = frozenset()
    """Fields of a recipe that no sample depends on."""

    @abstractmethod
    def load(self, recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:
        """A voice ready to convert on this capability's device."""

    @abstractmethod
    def rate_out(self, recipe: Mapping[str, Any]) -> int:
        """Hertz at which a voice speaks."""

    @abstractmethod
    def checked_recipe(self, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """A voice's recipe, complete and valid, or an InputError."""

    def checked_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """A job's settings, complete and valid, or an InputError."""
        given = read_settings(f"The settings of a voice of {self.title}", self.settings, settings)
        return {setting.name: given.get(setting.name, setting.default) for setting in self.settings}

    def in_own_words(self, recipe: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """What people ask of a voice, under the engine's own names and numbers."""
        return in_own_words(self.settings, asked)

    def runs_on(self, capability: str) -> bool:  # noqa: ARG002 - most engines run wherever they may
        """Whether what it needs for this capability is installed here."""
        return True

    def device(self, capability: str) -> FoundDevice | None:  # noqa: ARG002 - most engines use the processor alone
        """The accelerator of this capability, as the engine's framework finds it."""
        return None

    def warm_up(self, capability: str, shelf: Shelf) -> None:  # noqa: B027 - most engines have nothing to do
        """Do before the first lease what would make it slow; most engines have nothing to do."""

    def built_in_voices(self) -> Mapping[str, dict[str, Any]]:
        """Recipes of voices that need no files, by name."""
        return {}

    def needed_models(self, recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[NeededModel, ...]:  # noqa: ARG002
        """The models that a job needs beside the voice."""
        return ()

    def called(self, recipe: Mapping[str, Any]) -> str:  # noqa: ARG002 - most engines have one kind of voice
        """What people call a voice of this recipe."""
        return self.name

    def shown(self, recipe: Mapping[str, Any]) -> tuple[tuple[str, object], ...]:
        """What a recipe says, in words, name by name."""
        return tuple(
            (name, f"{value:g}" if isinstance(value, int | float) else value) for name, value in recipe.items()
        )

    @property
    def files(self) -> VoiceFiles | None:
        """What reads, fetches and writes this engine's voices and models as files, where they are files."""
        return None

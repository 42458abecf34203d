"""The interface of a framework to the engine; the framework's folder holds an instance as `FRAMEWORK`."""

from abc import ABC, abstractmethod

from workers.engines.rvc.recipe import RvcRecipe
from workers.engines.voice import FoundDevice, PackageFolders, Shelf, Voice


class Framework(ABC):
    """Loads voices, and finds its device."""

    @abstractmethod
    def load(self, recipe: RvcRecipe, packages: PackageFolders, capability: str) -> Voice:
        """Load a voice, ready to convert on this capability's device."""

    @abstractmethod
    def device(self) -> FoundDevice | None:
        """The device that it would compute on, or None if there is none for it."""

    def warm_up(self, capability: str, shelf: Shelf, version: str) -> None:  # noqa: B027 - MLX has nothing to do
        """If it compiles, fetch what machines of the same kind have compiled for this version of the engine."""

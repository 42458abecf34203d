"""What each framework offers to the engine; its folder holds one object of it as `FRAMEWORK`."""

from abc import ABC, abstractmethod

from workers.engines.rvc.recipe import RvcRecipe
from workers.engines.voice import FoundDevice, PackageFolders, Shelf, Voice


class Framework(ABC):
    """Loads voices, and knows its device."""

    @abstractmethod
    def load(self, recipe: RvcRecipe, packages: PackageFolders, capability: str) -> Voice:
        """A voice ready to convert on this capability's device."""

    @abstractmethod
    def device(self) -> FoundDevice | None:
        """The device that it would compute on, or None where there is none for it."""

    def warm_up(self, capability: str, shelf: Shelf, version: str) -> None:  # noqa: B027 - MLX has nothing to do
        """Take over what machines of its kind have compiled for this version of the engine, where it compiles."""

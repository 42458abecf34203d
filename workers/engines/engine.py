"""The interface that every engine implements."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.engines.naming import in_common_words, in_own_words
from workers.engines.probe import Probe, Work
from workers.engines.setting import Setting, read_settings
from workers.engines.voice import FoundDevice, NeededModel, PackageFolders, Shelf, Voice
from workers.engines.voice_files import VoiceFiles


@dataclass(frozen=True, slots=True)
class Way:
    """One of several ways in which a conversion may be done, each with other last digits."""

    settings: Mapping[str, Any]
    """The job's settings, with nothing left open."""
    pace: float
    """How fast it is on a machine that can do it, relative to other ways there."""


class Engine(ABC):
    """One way of turning a voice into another, as the farm sees it; everything specific to it is in its own folder.

    A module called `engine` in that folder holds an instance as `ENGINE`. It must be quick to import, so whatever is
    heavy is imported where it is used.
    """

    name: str
    """Its name in queues, recipes and rows."""
    title: str
    """Its name for people."""
    version: str
    """Part of every result's key; raise it whenever the same input would give other samples."""
    rate_in: int
    """Sample rate of its input, in hertz."""
    context_seconds: float
    """Seconds of the recording that it needs on both sides of an atom."""
    worker_bytes: int
    """Memory that a worker needs to convert with it, in bytes."""
    capabilities: frozenset[str] = frozenset({"cpu", "cuda", "mlx"})
    """The capabilities that it can run on if what it needs is installed."""
    has_nets: bool = False
    """Whether an accelerator or more threads make it quicker."""
    settings: tuple[Setting, ...]
    """The settings that a job may give."""
    unheard: frozenset[str] = frozenset()
    """Fields of a recipe that do not affect the samples."""

    @abstractmethod
    def load(self, recipe: Mapping[str, Any], packages: PackageFolders, capability: str) -> Voice:
        """Load a voice, ready to convert on this capability's device."""

    @abstractmethod
    def rate_out(self, recipe: Mapping[str, Any]) -> int:
        """Sample rate of a voice's output, in hertz."""

    @abstractmethod
    def checked_recipe(self, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """A voice's recipe, complete and valid; raises InputError."""

    def checked_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """A job's settings, complete and valid; raises InputError."""
        given = read_settings(self._what, self.settings, settings)
        return {setting.name: given.get(setting.name, setting.default) for setting in self.settings}

    def in_own_words(self, recipe: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """The settings that people asked for, under the engine's own names and numbers."""
        return in_own_words(self._what, self.settings, asked)

    def in_common_words(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """Settings, under the names and in the units that people use for all engines."""
        return in_common_words(self.settings, own)

    def changed_recipe(self, recipe: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        """A recipe with changes that people asked for; most recipes have only fields of their own."""
        return {**recipe, **changes}

    def told_recipe(self, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """A recipe under the names and in the units that people use."""
        return dict(recipe)

    @property
    def _what(self) -> str:
        return f"the settings of a voice of {self.title}"

    def runs_on(self, capability: str) -> bool:  # noqa: ARG002 - most engines run wherever they may
        """Whether everything it needs for this capability is installed here."""
        return True

    def seconds_together(self, capability: str) -> float:  # noqa: ARG002 - most gain nothing by it
        """How much audio its voices had best be given at once; 0 if they do one atom as fast as several."""
        return 0.0

    def offers(self, capability: str) -> frozenset[str]:  # noqa: ARG002 - most engines do the same everywhere
        """What not every machine with this capability can do, and this one can: words that a job may need."""
        return frozenset()

    def needs(self, settings: Mapping[str, Any]) -> frozenset[str]:  # noqa: ARG002 - most engines do the same everywhere
        """The words of these that a worker must offer to convert with a job's settings."""
        return frozenset()

    def ways(self, settings: Mapping[str, Any]) -> tuple[Way, ...]:  # noqa: ARG002 - most leave nothing open
        """The ways between which a job's settings leave the choice, the best first; none if they leave none.

        The farm chooses before it hands out the job's first atom, so that all of it is done in one way.
        """
        return ()

    def in_common(self, recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> str | None:  # noqa: ARG002
        """A name for the means by which its voices find out what they have in common of an atom; None if nothing.

        Whatever has the same name finds the same, so that it need be found out only once. It may stand in a key.
        """
        return None

    def semitones(self, recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> float | None:  # noqa: ARG002
        """By how much a conversion raises the pitch throughout; None where it does not move all of it alike."""
        return 0.0

    def device(self, capability: str) -> FoundDevice | None:  # noqa: ARG002 - most engines use the processor alone
        """The accelerator for this capability, as the engine's framework finds it, if any."""
        return None

    def stand_in(self, folder: Path) -> dict[str, Any] | None:  # noqa: ARG002 - most have voices that need no files
        """The recipe of a voice of full size with random nets, whose packages are written below the folder by their
        hashes: to measure a machine that has no trained one. None if the engine's own voices need no files.
        """
        return None

    def arithmetic(self, seconds: float) -> Mapping[str, Work]:  # noqa: ARG002 - most have none worth counting
        """What its stand-in computes for a second of audio, by stage, in pieces of so many seconds."""
        return {}

    def probe(self, capability: str) -> Probe | None:  # noqa: ARG002 - most have no device of their own
        """What can tell of the device while it works, if the engine has one."""
        return None

    def warm_up(self, capability: str, shelf: Shelf) -> None:  # noqa: B027 - most engines have nothing to do
        """Do work that would slow down the first lease; most engines have nothing to do."""

    def built_in_voices(self) -> Mapping[str, dict[str, Any]]:
        """Recipes of voices that need no files, by name."""
        return {}

    def needed_models(self, recipe: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[NeededModel, ...]:  # noqa: ARG002
        """The models that a job needs in addition to the voice."""
        return ()

    def called(self, recipe: Mapping[str, Any]) -> str:  # noqa: ARG002 - most engines have one kind of voice
        """What people call this kind of voice."""
        return self.name

    def shown(self, recipe: Mapping[str, Any]) -> tuple[tuple[str, object], ...]:
        """The contents of a recipe in words, as names and values."""
        told = self.told_recipe(recipe)
        return tuple((name, f"{value:g}" if isinstance(value, int | float) else value) for name, value in told.items())

    @property
    def files(self) -> VoiceFiles | None:
        """The reader and writer of this engine's voices and models, or None if they do not come as files."""
        return None

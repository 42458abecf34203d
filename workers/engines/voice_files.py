"""The interface to an engine's files: voices and models as people have them, and as other programs want them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workers.engines.package import PackedFile
from workers.engines.voice import NeededModel, PackageFolders

if TYPE_CHECKING:
    from workers.engines.samples import Samples


class OptionForm(StrEnum):
    """The form of an option's value."""

    PATH = "path"
    COUNT = "count"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class FileOption:
    """An option for adding a voice from its file."""

    name: str
    form: OptionForm
    help: str


@dataclass(frozen=True, slots=True)
class PublicModel:
    """A public file; only bytes with this hash are used, whatever the server sends."""

    name: str
    path: str
    """Its path below the host or a mirror of it."""
    sha256: str
    bytes: int
    about: str


@dataclass(frozen=True, slots=True)
class Packed:
    """A voice or model that was read, checked and written to a folder as a package."""

    kind: str
    hash: str
    description: bytes
    files: Mapping[str, PackedFile]
    facts: Mapping[str, Any]
    """What the records keep of it: a voice's recipe, or the facts needed about a model without opening it."""
    name: str
    """The name of its file."""


class VoiceFiles(ABC):
    """What one engine knows about files."""

    options: tuple[FileOption, ...] = ()
    """The options for adding a voice."""
    model_kinds: Mapping[str, str]
    """The kinds of models that its voices share, and their names for people."""
    public_host: str = ""
    public_models: Mapping[str, PublicModel]
    """Models that everybody uses, and where to find them."""
    programs: tuple[str, ...] = ()
    """Other programs that voices can be exported for."""

    @abstractmethod
    def read_voice(self, path: Path, options: Mapping[str, Any], folder: Path) -> Packed:
        """Read a voice's file and pack it into this folder; raises InputError if the file cannot be used."""

    @abstractmethod
    def read_model(self, path: Path, folder: Path) -> Packed:
        """Read a model's file, or folder, and pack it into this folder."""

    @abstractmethod
    def model_name(self, given: str) -> str:
        """The canonical name of a model, however people spell it."""

    @abstractmethod
    def name_of_file(self, stem: str) -> str:
        """The name of a model from that of its file; raises InputError if the file's name says nothing."""

    @abstractmethod
    def why_unfit(self, model: Mapping[str, Any], needed: NeededModel, recipe: Mapping[str, Any]) -> str | None:
        """Why a model of the right kind, judged by its facts, does not fit a voice; None if it does."""

    @abstractmethod
    def tensors(self, path: Path, group: str) -> "dict[str, Samples]":
        """All tensors that a file of the framework's holds under this name; nothing in the file is run."""

    @abstractmethod
    def export(self, program: str, recipe: Mapping[str, Any], packages: PackageFolders, out: Path) -> None:
        """Write a voice and the models it needs to a new folder, in the form that this program loads."""

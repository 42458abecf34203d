"""The door to an engine's files: voices and models as people have them, and as other programs want them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from workers.engines.package import PackedFile
from workers.engines.voice import NeededModel, PackageFolders


class OptionForm(StrEnum):
    """What an option's value looks like."""

    PATH = "path"
    COUNT = "count"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class FileOption:
    """Something that may be said when a voice is added from its file."""

    name: str
    form: OptionForm
    help: str


@dataclass(frozen=True, slots=True)
class PublicModel:
    """One file in public; whatever lies there, only the bytes with this hash are used."""

    name: str
    path: str
    """Below the host, or below a mirror of it."""
    sha256: str
    bytes: int
    about: str


@dataclass(frozen=True, slots=True)
class Packed:
    """A voice or model that was read, checked and written into a folder as a package."""

    kind: str
    hash: str
    description: bytes
    files: Mapping[str, PackedFile]
    facts: Mapping[str, Any]
    """What the records keep of it: a voice's recipe, or what is to be known of a model without opening it."""
    name: str
    """The name that its file has."""


class VoiceFiles(ABC):
    """What one engine knows of files."""

    options: tuple[FileOption, ...] = ()
    """What may be said when a voice is added."""
    model_kinds: Mapping[str, str]
    """The kinds of models that its voices share, and what people call them."""
    public_host: str = ""
    public_models: Mapping[str, PublicModel]
    """Models that everybody uses, and where they lie."""
    programs: tuple[str, ...] = ()
    """Programs elsewhere that voices can be written for."""

    @abstractmethod
    def read_voice(self, path: Path, options: Mapping[str, Any], folder: Path) -> Packed:
        """Read a voice's file and pack it into this folder; a file that cannot be used is an InputError."""

    @abstractmethod
    def read_model(self, path: Path, folder: Path) -> Packed:
        """Read a model's file, or folder, and pack it into this folder."""

    @abstractmethod
    def model_name(self, given: str) -> str:
        """The one name that a model has, however people spell it."""

    @abstractmethod
    def name_of_file(self, stem: str) -> str:
        """The name of a model by that of its file; an InputError where that says nothing."""

    @abstractmethod
    def why_unfit(self, model: Mapping[str, Any], needed: NeededModel, recipe: Mapping[str, Any]) -> str | None:
        """Why a model of the right kind, known by its facts, does not go with a voice; None where it does."""

    @abstractmethod
    def export(self, program: str, recipe: Mapping[str, Any], packages: PackageFolders, out: Path) -> None:
        """Write a voice with the models it needs into a new folder, as this program loads them."""

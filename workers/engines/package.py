"""A package: one folder with a description and other files, known by the hash of its description.

The description names every file with its hash, so the hash of the description stands for all of it. What else stands in
it is between the engine that wrote it and the one that reads it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from storage.errors import InputError

#: Raise it when a description changes so that older programs would misread it.
FORMAT = 1
#: The kind of package that is a voice; all others are models that voices share.
VOICE = "voice"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of a package."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What must be known of a package to fetch it."""

    kind: str
    files: Mapping[str, PackedFile]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Out of its description file."""
        given = json.loads(data)
        if given.get("format") != FORMAT:
            raise InputError(
                f"the package is of format {given.get('format')}, which this program does not know; bring all machines"
                " to one version"
            )
        return cls(str(given["kind"]), {name: PackedFile(**file) for name, file in given["files"].items()})


def description_file(kind: str) -> str:
    """Name of the description within a package of this kind."""
    return "voice.json" if kind == VOICE else "model.json"

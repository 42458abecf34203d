"""A package: one folder with a description and other files, known by the hash of its description.

The description lists every file with its hash, so the hash of the description stands for the whole package. The rest of
the description is meant only for the engine.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from storage.errors import InputError

#: Raise it when a description changes in a way that older programs would misread.
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
    """What must be known about a package to fetch it."""

    kind: str
    files: Mapping[str, PackedFile]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The contents, read from a description file."""
        given = json.loads(data)
        if given.get("format") != FORMAT:
            raise InputError(
                f"the package is of format {given.get('format')}, which this program does not know; bring all machines"
                " to the same version"
            )
        return cls(str(given["kind"]), {name: PackedFile(**file) for name, file in given["files"].items()})


def description_file(kind: str) -> str:
    """File name of the description in a package of this kind."""
    return "voice.json" if kind == VOICE else "model.json"

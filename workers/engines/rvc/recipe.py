"""The part of an RVC voice that is sent with a job: the packages that it consists of, by hash."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from storage.errors import InputError

_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class RvcRecipe:
    """The hashes of the voice and of the models that it is used with."""

    package: str
    encoder: str
    pitch_model: str | None = None

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """Read a job's recipe; facts that are only for people are ignored."""
        hashes = {name: given.get(name) for name in ("package", "encoder", "pitch_model")}
        for name, value in hashes.items():
            if value is None and name == "pitch_model":
                continue
            if not isinstance(value, str) or not _HASH.fullmatch(value):
                raise InputError(f"the recipe of an RVC voice: {name} must be the hash of a package, not {value!r}")
        return cls(str(hashes["package"]), str(hashes["encoder"]), hashes["pitch_model"])

"""What results are called: a template, filled in for each recording."""

from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from storage.audio.formats import FORMATS
from storage.errors import InputError

#: What a template may name, and what that is.
FIELDS = {
    "folder": "the recording's folder, below the one that was named",
    "stem": "its name without the ending",
    "name": "its name",
    "voice": "the voice",
    "ext": "the result's ending",
    "number": "its number in the batch, from 1",
}
#: The usual templates: beside the recording, in a folder of results, and there with several voices.
BESIDE, IN_FOLDER, BY_VOICE = "{stem}.{voice}.{ext}", "{folder}/{stem}.{ext}", "{folder}/{stem}.{voice}.{ext}"


@dataclass(frozen=True, slots=True)
class Naming:
    """A template that was checked."""

    template: str

    @classmethod
    def of(cls, template: str) -> "Naming":
        """Check a template; without an ending it gets that of the result."""
        ending = Path(template).suffix.lstrip(".").lower()
        whole = template if "{ext}" in template or ending in FORMATS else f"{template}.{{ext}}"
        naming = cls(whole)
        naming.fill(Path("recording.wav"), Path(), "voice", "wav", 1)
        return naming

    def fill(self, source: Path, folder: Path, voice: str, ext: str, number: int) -> Path:
        """The result's path, relative to the output."""
        parts = {
            "folder": folder.as_posix(), "stem": source.stem, "name": source.name, "voice": voice, "ext": ext,
            "number": number,
        }  # fmt: skip
        filled = "".join(self._piece(literal, field, spec, parts) for literal, field, spec in self._pieces())
        return inside(filled)

    def _pieces(self) -> list[tuple[str, str | None, str]]:
        try:
            pieces = list(Formatter().parse(self.template))
        except ValueError as error:
            raise InputError(f"the name {self.template!r} cannot be filled in ({error}); {_offer()}") from error
        if any(conversion for *_, conversion in pieces):
            raise InputError(f"the name {self.template!r} holds a '!'; {_offer()}")
        return [(literal, field, spec or "") for literal, field, spec, _ in pieces]

    def _piece(self, literal: str, field: str | None, spec: str, parts: dict[str, Any]) -> str:
        if field is None:
            return literal
        if field not in parts:
            raise InputError(f"the name {self.template!r} asks for {{{field}}}, which there is not; {_offer()}")
        try:
            return literal + format(parts[field], spec)
        except ValueError as error:
            raise InputError(f"the name {self.template!r} cannot be filled in ({error}); {_offer()}") from error


def inside(name: str) -> Path:
    """A relative path that stays inside the folder it is put in."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts or not path.name:
        raise InputError(f"the name {name!r} leads out of the folder of results; name a file in it")
    return path


def _offer() -> str:
    return f"what can be filled in is {', '.join(f'{{{field}}}' for field in FIELDS)}"

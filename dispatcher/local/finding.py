"""The findings of a check."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from storage.remedies import Remedy, advised

Severity = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Said:
    """A fact that a check found, good or at least good to know."""

    text: str
    is_note: bool = False
    remedies: tuple[Remedy, ...] = ()
    """What to do about it, if anything."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    what: str
    ok: bool
    said: str
    is_note: bool = False
    """Whether it is worth knowing though nothing is wrong."""
    remedies: tuple[Remedy, ...] = ()
    """What helps; whoever presents it names it by a command or a button."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        if not self.ok:
            return "bad"
        return "note" if self.is_note else "ok"

    def told(self, word: Callable[[Remedy], str] = str) -> str:
        """What was found and what helps; `word` names the remedies."""
        return advised(self.said, self.remedies, word)

    def to_json(self, word: Callable[[Remedy], str] = str) -> dict[str, Any]:
        """For programs."""
        return {"what": self.what, "severity": self.severity, "ok": self.ok, "said": self.told(word)}

"""What a check has to say."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["ok", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Said:
    """What a check found good, or at least good to know."""

    text: str
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    what: str
    ok: bool
    said: str
    is_note: bool = False
    """Whether it is something to know, though nothing is wrong."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        if not self.ok:
            return "bad"
        return "note" if self.is_note else "ok"

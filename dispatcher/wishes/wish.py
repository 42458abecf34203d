"""What somebody wants: a recording, how it is to be converted, and what its result is called."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dispatcher.jobs.request import Request
from storage.errors import InputError
from storage.objects.address import Place


@dataclass(frozen=True, slots=True)
class Wish:
    """One recording and what is wanted of it, or why it cannot be had."""

    source: Place
    request: Request
    folder: Path = Path()
    """The folder of its result, relative to the output."""
    name: str | None = None
    """What its result is called, relative to the output; else that follows from the recording's own name."""
    carried: Mapping[str, Any] | None = None
    """What its owner wants back with the result."""
    error: InputError | None = None

    def of(self, source: Place, folder: Path) -> "Wish":
        """The same wish for another recording."""
        return replace(self, source=source, folder=folder)

    def asking(self, request: Request) -> "Wish":
        """The same recording with another request."""
        return replace(self, request=request)

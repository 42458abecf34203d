"""Every combination of voices and settings that somebody wants to hear side by side."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from storage.errors import InputError

#: Nobody compares more.
MOST = 100
_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6}(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Combination:
    """A voice with settings."""

    voice: str
    settings: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What a file of it may be called."""
        parts = [self.voice, *(f"{name}={value}" for name, value in self.settings.items())]
        return " ".join(re.sub(r"[^\w.+=-]", "_", part) for part in parts)


def combinations(voices: Iterable[str], settings: Mapping[str, Sequence[Any]]) -> list[Combination]:
    """All of them, the settings of each voice together."""
    names = list(dict.fromkeys(name for voice in voices for name in voice.split(",") if name))
    grids = [dict(zip(settings, values, strict=True)) for values in product(*settings.values())]
    if len(names) * len(grids) > MOST:
        raise InputError(f"these are {len(names) * len(grids)} combinations; hear at most {MOST} at a time")
    return [Combination(name, grid) for name in names for grid in grids]


def moment_in(text: str) -> float:
    """The seconds that 90, 1:30 or 0:01:30 mean."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{text!r} is no moment of a recording; write 90, 1:30 or 0:01:30")
    hours, minutes, seconds = found.groups(default="0")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)

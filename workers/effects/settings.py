"""The settings of effects: their units, how numbers are written in them, and what they may be."""

import math
from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from typing import Any

from storage.errors import InputError


class Unit(Enum):
    """What a setting is counted in."""

    HERTZ = "Hz"
    DECIBELS = "dB"
    SECONDS = "s"
    PERCENT = "%"
    SEMITONES = "semitones"
    TIMES = "times"
    PLAIN = ""


#: What may stand behind a number, by unit, and what it stands for.
_ENDINGS = {
    Unit.HERTZ: {"khz": 1000.0, "hz": 1.0, "k": 1000.0},
    Unit.DECIBELS: {"dbtp": 1.0, "lufs": 1.0, "db": 1.0},
    Unit.SECONDS: {"ms": 0.001, "s": 1.0},
    Unit.PERCENT: {"%": 1.0},
    Unit.SEMITONES: {"semitones": 1.0, "st": 1.0},
    Unit.TIMES: {"x": 1.0, "%": 0.01},
    Unit.PLAIN: {},
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A setting of an effect."""

    name: str
    unit: Unit
    low: float
    high: float
    meaning: str
    usual: float | None
    """What holds where it is not given; None where it must be."""
    is_whole: bool = False

    @property
    def is_needed(self) -> bool:
        """Whether it must be given."""
        return self.usual is None

    @property
    def range(self) -> str:
        """What it may be, in words."""
        unit = f" {self.unit.value}" if self.unit is not Unit.PLAIN else ""
        return f"{self.low:g} to {self.high:g}{unit}"

    def check(self, effect: str, value: float) -> None:
        """Refuse a value that it cannot have."""
        if not (self.low <= value <= self.high):
            raise InputError(f"{effect} cannot have {self.name} {value:g}; choose {self.range}")
        if self.is_whole and value != int(value):
            raise InputError(f"{effect} cannot have {self.name} {value:g}; choose a whole number, {self.range}")

    def read(self, text: str) -> float:
        """The number that somebody has written, in the unit of the setting."""
        plain = text.strip().lower()
        for ending, factor in _ENDINGS[self.unit].items():
            if plain.endswith(ending) and (number := _number(plain[: -len(ending)])) is not None:
                # Counted so that 3.3k is 3300 and no number beside it.
                return float(f"{number * factor:.12g}")
        if (number := _number(plain)) is not None:
            return number
        raise InputError(f"{text!r} is no number for {self.name}; write {self.range}")

    def written(self, value: float) -> str:
        """The value as it is read again."""
        return f"{value:.12g}"


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def setting(
    unit: Unit, low: float, high: float, meaning: str, usual: float | None = None, *, is_whole: bool = False
) -> Any:
    """A field of an effect; without a usual value it must be given."""
    return field(
        default=MISSING if usual is None else usual,
        metadata={"unit": unit, "low": low, "high": high, "meaning": meaning, "usual": usual, "is_whole": is_whole},
    )


def entries_of(effect: type) -> list[Entry]:
    """The settings of an effect, in their order."""
    return [Entry(field.name, **field.metadata) for field in fields(effect)]

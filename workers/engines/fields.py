"""Strict reading of fields from JSON: nothing unknown, nothing out of range, and a sentence for every refusal."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from storage.errors import InputError
from storage.spelling import guessed

#: One more than the largest seed: the noise generators' keys are 64 bits wide.
SEEDS = 1 << 64


def refuse_unknown(what: str, given: Mapping[str, Any], known: Mapping[str, str]) -> None:
    """Refuse unknown keys, which are more often misspelt than superfluous; of each known one, people know a name."""
    unknown = sorted(str(key) for key in given if key not in known)
    if unknown:
        names = sorted(known.values())
        there = f"{what}: there is no field {unknown[0]!r}; the fields are {', '.join(names)}"
        raise InputError(guessed(there, unknown[0], names))


def read_number(what: str, name: str, value: object, low: float, high: float) -> float:
    """One number within its range, as a float."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{what}: {name} must be a number, not {value!r}")
    if not low <= value <= high:
        raise InputError(f"{what}: {name} is {value:g}, but must be between {low:g} and {high:g}")
    return float(value)


def read_choice(what: str, name: str, value: object, choices: Collection[str]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in choices:
        refused = f"{what}: {name} must be one of {', '.join(choices)}, not {value!r}"
        raise InputError(guessed(refused, str(value), choices))
    return value


def read_whole(what: str, name: str, value: object, most: int) -> int:
    """A whole number from zero to `most`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InputError(f"{what}: {name} must be a whole number from 0 to {most}, not {value!r}")
    return value


def read_seed(what: str, value: object) -> int:
    """A seed for noise, from 0 to 2^64 - 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < SEEDS:
        raise InputError(f"{what}: seed must be a whole number from 0 to 2^64 - 1, not {value!r}")
    return value

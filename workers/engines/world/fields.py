"""Strict reading of numbers out of JSON: nothing unknown, nothing out of range, and a sentence when refused."""

import math
from collections.abc import Mapping
from typing import Any

from storage.errors import InputError

Ranges = Mapping[str, tuple[float, float]]


def refuse_unknown(what: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse keys that nobody would read: they are misspelt more often than superfluous."""
    unknown = sorted(str(key) for key in given if key not in known)
    if unknown:
        raise InputError(f"{what} has no field {unknown[0]!r}; it has {', '.join(sorted(known))}.")


def read_number(what: str, name: str, value: object, low: float, high: float) -> float:
    """One number within its range, as a float."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{what}: {name} must be a number, not {value!r}.")
    if not low <= value <= high:
        raise InputError(f"{what}: {name} is {value:g}, but must lie between {low:g} and {high:g}.")
    return float(value)


def read_numbers(what: str, given: Mapping[str, Any], ranges: Ranges) -> dict[str, float]:
    """All the numbers that are given, each within its range."""
    return {name: read_number(what, name, given[name], *limits) for name, limits in ranges.items() if name in given}

"""Reads columns of JSON, which may come from anybody: whatever is malformed is skipped."""

from collections.abc import Mapping


def names_in(value: object) -> frozenset[str]:
    """The texts in a list; nothing for any other value."""
    return (
        frozenset(name for name in value if isinstance(name, str)) if isinstance(value, list | tuple) else frozenset()
    )


def texts_in(value: object) -> Mapping[str, str]:
    """The texts by name in an object, such as versions by engine."""
    if not isinstance(value, dict):
        return {}
    return {name: str(text) for name, text in value.items() if isinstance(text, str | int | float)}


def seconds_in(value: object) -> Mapping[str, float]:
    """The numbers by name in an object, such as seconds by stage."""
    if not isinstance(value, dict):
        return {}
    return {name: float(number) for name, number in value.items() if _is_number(number)}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value < 1e12

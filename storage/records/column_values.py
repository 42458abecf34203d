"""Columns that hold more than one value: tags as text, and JSON, which anybody may have written."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from sqlalchemy import Dialect, Text, TypeDecorator


@lru_cache(maxsize=4096)
def _split(text: str) -> tuple[str, ...]:
    """Cached, because farms have few different sets and the dispatcher reads them by the thousand."""
    return tuple(text.split())


class Tags(TypeDecorator[tuple[str, ...]]):
    """A column of tags, separated by spaces, which no tag contains."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> str:  # noqa: ARG002
        """The tags as text, sorted so that their order makes no difference."""
        return " ".join(sorted(value or ()))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:  # noqa: ARG002
        """The tags out of the text."""
        return _split(value or "")


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

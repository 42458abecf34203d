"""A set of tags in one text column: short rows, and equal sets are equal texts that a database can group by."""

from collections.abc import Iterable
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

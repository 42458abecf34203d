"""Unexpected values, and ways to put them into good ones."""

from collections.abc import Callable
from random import Random
from typing import Any

_NUMBERS = (0, -1, 1, 2**31, 2**53, 2**63, 2**64, -(2**63), 10**40, 10**400, 0.0, -0.0, 5e-324, 1e30, 1.7e308, -1e30,
            float("inf"), float("-inf"), float("nan"), True, False)  # fmt: skip
_TEXTS = ("", " ", "\0", "\n", "a\nb", "\x1b[31mred", "../../etc/passwd", "/etc/passwd", "..", "%s%n", "{0.__class__}",
          "'; DROP TABLE jobs; --", "nan", "inf", "1e999", "٣", "²", "\u202egnp", "\udcff", "\ufeff", "é" * 50,
          "0x10", "1_000", "null", "<script>", "s3://", "file://", "http://[::1", "9" * 5_000,
          "x" * 100_000)  # fmt: skip


def odd(random: Random) -> Any:
    """An unexpected number, text or structure."""
    return random.choice(_KINDS)(random)


def odd_text(random: Random) -> str:
    """Text that may break its readers."""
    if random.random() < 0.5:
        return random.choice(_TEXTS)
    return "".join(chr(random.choice((random.randrange(128), random.randrange(0x3000)))) for _ in range(8))


def odd_number(random: Random) -> int | float:
    """A number at or beyond some limit."""
    return random.choice(_NUMBERS)


def _nested(random: Random) -> Any:
    """A deep structure, but not too deep for a JSON reader."""
    value: Any = []
    for _ in range(random.choice((2, 20, 400))):
        value = [value] if random.random() < 0.5 else {"a": value}
    return value


def _many(random: Random) -> Any:
    return [random.choice((0, "a", None, {}))] * random.choice((2, 1_000, 20_000))


_KINDS: tuple[Callable[[Random], Any], ...] = (
    odd_number, odd_number, odd_text, odd_text, lambda _: None, lambda _: [], lambda _: {}, lambda _: {"a": 1},
    lambda _: [[]], _nested, _many,
)  # fmt: skip


def changed_json(value: Any, random: Random) -> Any:
    """The same value with one part changed, left out, repeated or added to."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        return _changed_dict(value, random)
    if isinstance(value, list) and value and random.random() < 0.85:
        return _changed_list(value, random)
    return odd(random)


def _changed_dict(value: dict[str, Any], random: Random) -> dict[str, Any]:
    key = random.choice(list(value))
    what = random.random()
    if what < 0.1:
        return {name: inner for name, inner in value.items() if name != key}
    if what < 0.2:
        return {**value, odd_text(random): odd(random)}
    return {**value, key: changed_json(value[key], random)}


def _changed_list(value: list[Any], random: Random) -> list[Any]:
    at = random.randrange(len(value))
    what = random.random()
    if what < 0.1:
        return value[:at] + value[at + 1 :]
    if what < 0.2:
        return value[:at] + [value[at]] * random.choice((2, 1_000)) + value[at:]
    return [*value[:at], changed_json(value[at], random), *value[at + 1 :]]

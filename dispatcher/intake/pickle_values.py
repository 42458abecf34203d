"""What a pickle's names and objects become here: inert things that only say what they were."""

from dataclasses import dataclass
from typing import Any

from storage.errors import InputError

#: Characters of a foreign name that a sentence repeats.
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Named:
    """Something that the pickle calls by module and name; it is never looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return shown(f"{self.module}.{self.name}")


class Inert:
    """An object of a foreign class: what it is called and what it was given, and nothing that it could do."""

    __slots__ = ("named", "state")

    def __init__(self, named: Named, state: Any = None) -> None:
        self.named = named
        self.state = state


class NumpyType:
    """A type of number in NumPy's short spelling, such as f8, and the order of its bytes."""

    __slots__ = ("code", "order")

    def __init__(self, code: str) -> None:
        self.code = code
        self.order = "<"


def shown(name: str) -> str:
    """A foreign name as a sentence may repeat it: one line, not long, nothing a terminal would obey."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in name[: _SHOWN + 1])
    return printable if len(printable) <= _SHOWN else f"{printable[:_SHOWN]}…"


def told(value: Any) -> str:
    """A foreign value as a sentence may repeat it; what has parts of its own is not spelled out."""
    if isinstance(value, str):
        return shown(value)
    number = isinstance(value, bool | float | None) or (isinstance(value, int) and value.bit_length() <= _SHOWN)
    return str(value) if number else f"a {type(value).__name__.lower()}"


def malformed(why: str) -> InputError:
    """The refusal of a pickle that is none."""
    return InputError(f"its pickle is damaged ({why}); download or copy it again")

"""The raw numbers that a torch file keeps beside its pickle, by their key."""

from typing import Protocol

from dispatcher.intake.pickle_values import shown
from storage.errors import InputError


class Records(Protocol):
    """Runs of bytes by key."""

    def size(self, key: str) -> int:
        """Bytes that are really there."""

    def read(self, key: str) -> bytes:
        """All of them."""


def missing_record(key: str) -> InputError:
    """The refusal of a file that speaks of numbers it does not hold."""
    return InputError(f"the numbers of its storage {shown(key)} are missing; download or copy it again")


class Allowance:
    """How many bytes may still be read: a file whose tensors share their numbers over and over is no model."""

    def __init__(self, total: int) -> None:
        self._left = total

    def take(self, size: int) -> None:
        """Read that many."""
        self._left -= size
        if self._left < 0:
            raise InputError("its tensors share the same numbers again and again, as no model does; get another copy")

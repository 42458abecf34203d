"""A door that does everything a door must not do, to test the watching of doors."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random

from storage.errors import InputError
from testing.fuzz.door import Door, Seeds

#: Kept in memory, as by a reader that believes a header.
_kept: list[bytes] = []
_armed: list[bool] = []


def seeds() -> dict[str, bytes]:
    """A good input."""
    return {"sound": b"value"}


def make(random: Random, seeds: Seeds) -> bytes:
    """Only good input: the traps are given by files."""
    return seeds["sound"]


def read(content: bytes, folder: Path) -> None:
    """Do what the input says."""
    _TRAPS.get(content, lambda: None)()


def _refuse(sentence: str) -> None:
    raise InputError(sentence)


def _raise() -> None:
    raise KeyError("atoms")


def _spin() -> None:
    while True:
        pass


def _eat() -> None:
    _kept.append(b"x" * (400 << 20))
    _kept.clear()


def _go_off() -> None:
    if _armed:
        os.abort()


_TRAPS: dict[bytes, Callable[[], object]] = {
    b"refuse": lambda: _refuse("it is refused; bring another"),
    b"leak": lambda: _refuse("it is refused: <_io.BytesIO object at 0x7f0000000000>"),
    b"raise": _raise,
    b"segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    b"spin": _spin,
    b"eat": _eat,
    b"arm": lambda: _armed.append(True),
    b"go off": _go_off,
}

DOOR = Door("traps", seeds, make, read, InputError)

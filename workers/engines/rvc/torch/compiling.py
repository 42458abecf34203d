"""Compiled programs: where they pay, and how a machine gets those that another machine of its kind has compiled."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import torch

from workers.engines.rvc.torch.shapes import MOST_PROGRAMS
from workers.engines.voice import Shelf

logger = logging.getLogger("voicefarm.engine")

#: The programs that torch's compiler looks for.
COMPILERS = ("cc", "gcc", "clang")
#: What a worker and whoever examines the machine say where there is none.
NO_COMPILER = "there is no C compiler, so nothing is compiled and conversion is slower; install gcc"
#: Environment variable that overrules this module's choice whether to compile: `on` or `off`.
OVERRULED = "VOICEFARM_COMPILE"
#: Digits of the name by which an architecture's programs are found.
NAME_DIGITS = 16
#: Whether this version of torch can use programs compiled elsewhere.
SHAREABLE = hasattr(torch.compiler, "save_cache_artifacts")


def compiles(device: torch.device) -> bool:
    """Whether compiling pays on this device.

    It does not on processors: oneDNN's convolutions already include the step that follows them, and a compiled
    generator was measured to be slower than a plain one.
    """
    overruled = os.environ.get(OVERRULED, "auto")
    return overruled == "on" or (overruled != "off" and device.type == "cuda" and has_compiler())


@lru_cache(maxsize=1)
def has_compiler() -> bool:
    """Whether there is the C compiler that torch's own compiler needs; if not, a worker says so once."""
    found = any(shutil.which(name) for name in (os.environ.get("CC", ""), *COMPILERS) if name)
    if not found:
        logger.warning("%s", NO_COMPILER)
    return found


def compiled(function: Callable[..., torch.Tensor], device: torch.device) -> Callable[..., torch.Tensor]:
    """The function, compiled if that pays on this device.

    The nets are one of its arguments, so their weights are inputs of the program, and all voices of one architecture
    share it. Shapes are few and fixed (`shapes.py`); each is compiled once.
    """
    return _compiled(function) if compiles(device) else function


@lru_cache(maxsize=8)
def _compiled(function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    # Beyond the limit, torch would run what comes without compiling it, with other digits: so it is an error, and so
    # is a function that falls into several programs.
    torch._dynamo.config.recompile_limit = MOST_PROGRAMS  # noqa: SLF001 - there is no other way to set it
    program: Callable[..., torch.Tensor] = torch.compile(function, dynamic=False, fullgraph=True)

    def run(nets: torch.nn.Module, *inputs: torch.Tensor) -> torch.Tensor:
        _MADE.add((function.__qualname__, type(nets), *((i.shape, i.dtype) for i in inputs)))
        return program(nets, *inputs)

    return run


#: Every program that this process has run, by its purpose and the shapes of its inputs.
_MADE: set[tuple[object, ...]] = set()


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs of this machine, shared with others of its kind through a shelf that all of them can reach."""

    kind: str
    """The kind of machines that can run them, and what they are made with and for."""
    shelf: Shelf

    def take(self, architecture: str) -> bool:
        """Fetch what other machines of this kind have compiled; returns whether there was anything."""
        data = self.shelf.get(f"{self.kind}-{architecture}") if SHAREABLE else None
        if data is None:
            return False
        torch.compiler.load_cache_artifacts(data)
        return True

    def share(self, architecture: str) -> None:
        """Put what was compiled here on the shelf."""
        saved: tuple[bytes, Any] | None = torch.compiler.save_cache_artifacts() if SHAREABLE else None
        if saved is not None:
            self.shelf.put(f"{self.kind}-{architecture}", saved[0])


_SHARING: list[Programs] = []


def share_programs(capability: str, shelf: Shelf, version: str) -> None:
    """Share programs from now on."""
    _SHARING[:] = [Programs(f"{_kind(torch.device(capability))}-torch-{torch.__version__}-rvc-{version}", shelf)]


@contextmanager
def shared(*architecture: object) -> Iterator[None]:
    """Share all programs of an architecture, which are compiled in the block unless another machine has done so.

    They are stored together, once, under a name of their own, because torch reads only whole collections.
    """
    name = sha256(repr(architecture).encode()).hexdigest()[:NAME_DIGITS]
    before = len(_MADE)
    there = [programs.take(name) for programs in _SHARING]
    yield
    if len(_MADE) > before and not any(there):
        for programs in _SHARING:
            programs.share(name)


def _kind(device: torch.device) -> str:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else torch.backends.cpu.get_cpu_capability()
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())

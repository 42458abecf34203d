"""Compiled programs: where they pay, and how a machine gets those that another machine of its kind has compiled."""

import logging
import os
import shutil
from collections.abc import Callable
from functools import lru_cache
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


class Programs:
    """The programs of this machine, shared with others of its kind through a shelf that all of them can reach."""

    def __init__(self, device: torch.device, shelf: Shelf, version: str) -> None:
        self.name = f"{_kind(device)}-torch-{torch.__version__}-rvc-{version}"
        self.shelf = shelf
        self.shared = 0
        """The number of programs in this process when it last shared them."""

    def take(self) -> bool:
        """Fetch what other machines of this kind have compiled; returns whether there was anything."""
        data = self.shelf.get(self.name) if SHAREABLE else None
        if data is None:
            return False
        torch.compiler.load_cache_artifacts(data)
        return True

    def share(self) -> None:
        """Put what was compiled here on the shelf, if there is anything new."""
        if not SHAREABLE or len(_MADE) == self.shared:
            return
        saved: tuple[bytes, Any] | None = torch.compiler.save_cache_artifacts()
        if saved is not None:
            self.shelf.put(self.name, saved[0])
        self.shared = len(_MADE)


_SHARING: list[Programs] = []


def share_programs(capability: str, shelf: Shelf, version: str) -> bool:
    """Begin to share programs, and fetch those on the shelf; returns whether there were any."""
    programs = Programs(torch.device(capability), shelf, version)
    _SHARING[:] = [programs]
    return programs.take()


def share_new_programs() -> None:
    """Put what the last conversion had to compile on the shelf, if this process shares its programs."""
    for programs in _SHARING:
        programs.share()


def _kind(device: torch.device) -> str:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else torch.backends.cpu.get_cpu_capability()
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())

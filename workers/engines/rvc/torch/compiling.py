"""Compiled programs: where they pay, and how a machine comes by those that another of its kind has made."""

import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch

from workers.engines.voice import Shelf

#: Says otherwise than this module where programs are compiled: `on` or `off`.
OVERRULED = "VOICEFARM_COMPILE"
#: Programs made elsewhere can be taken over from this version of torch on.
SHAREABLE = hasattr(torch.compiler, "save_cache_artifacts")


def compiles(device: torch.device) -> bool:
    """Whether compiling pays there.

    On processors it does not: oneDNN's convolutions take along what follows them already, and a compiled generator was
    measured slower than a plain one.
    """
    overruled = os.environ.get(OVERRULED, "auto")
    return overruled == "on" or (overruled != "off" and device.type == "cuda")


def compiled(function: Callable[..., torch.Tensor], device: torch.device) -> Callable[..., torch.Tensor]:
    """The function, compiled where that pays.

    The nets are one of its arguments, so their weights are inputs of the program: every voice of the same architecture
    runs the same one. Shapes are fixed; each new one is compiled once.
    """
    return _compiled(function) if compiles(device) else function


@lru_cache(maxsize=8)
def _compiled(function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    program: Callable[..., torch.Tensor] = torch.compile(function, dynamic=False)

    def run(nets: torch.nn.Module, *inputs: torch.Tensor) -> torch.Tensor:
        _MADE.add((function.__qualname__, type(nets), *((i.shape, i.dtype) for i in inputs)))
        return program(nets, *inputs)

    return run


#: Every program that this process has run, by what it is for and the shapes of its inputs.
_MADE: set[tuple[object, ...]] = set()


class Programs:
    """The programs of this machine, shared with others of its kind through a shelf that all of them reach."""

    def __init__(self, device: torch.device, shelf: Shelf, version: str) -> None:
        self.name = f"{_kind(device)}-torch-{torch.__version__}-rvc-{version}"
        self.shelf = shelf
        self.shared = 0
        """Programs that this process had when it last laid them out."""

    def take(self) -> bool:
        """Take over what others of this kind have compiled; whether there was anything."""
        data = self.shelf.get(self.name) if SHAREABLE else None
        if data is None:
            return False
        torch.compiler.load_cache_artifacts(data)
        return True

    def share(self) -> None:
        """Lay out what was compiled here, if there is anything new."""
        if not SHAREABLE or len(_MADE) == self.shared:
            return
        saved: tuple[bytes, Any] | None = torch.compiler.save_cache_artifacts()
        if saved is not None:
            self.shelf.put(self.name, saved[0])
        self.shared = len(_MADE)


_SHARING: list[Programs] = []


def share_programs(capability: str, shelf: Shelf, version: str) -> bool:
    """Begin to share programs, with what lies on the shelf already; whether that was anything."""
    programs = Programs(torch.device(capability), shelf, version)
    _SHARING[:] = [programs]
    return programs.take()


def share_new_programs() -> None:
    """Lay out what the last conversion had to compile, if this process shares its programs."""
    for programs in _SHARING:
        programs.share()


def _kind(device: torch.device) -> str:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else torch.backends.cpu.get_cpu_capability()
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())

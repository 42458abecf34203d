"""NVIDIA devices of this machine, counted without loading a framework, which takes seconds."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from storage.errors import SettingsError

#: The variable in which CUDA is told which devices there are for a process, and in which order.
VISIBLE = "CUDA_VISIBLE_DEVICES"
#: What is among the machine's devices where NVIDIA's driver is loaded.
DRIVER = "nvidiactl"


def nvidia_devices(environment: Mapping[str, str], folder: Path = Path("/dev")) -> tuple[str, ...]:
    """The devices that this process may use, under the names that CUDA takes: numbers, or whatever its owner gave."""
    if not (folder / DRIVER).exists():
        return ()
    chosen = environment.get(VISIBLE)
    if chosen is None:
        numbers = (re.fullmatch(r"nvidia(\d+)", path.name) for path in folder.glob("nvidia*"))
        return tuple(map(str, sorted(int(number[1]) for number in numbers if number)))
    named = [name.strip() for name in chosen.split(",")]
    # As CUDA reads it: what stands behind an empty or impossible name does not count.
    end = next((place for place, name in enumerate(named) if not name or name.startswith("-")), len(named))
    return tuple(named[:end])


def check_device(asked: str, devices: Sequence[str]) -> None:
    """Refuse a device that is not there."""
    if asked not in devices:
        there = f"there are {', '.join(devices)}" if devices else "this machine shows none"
        raise SettingsError(f"there is no NVIDIA device {asked}; {there}")

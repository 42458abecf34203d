"""What this machine offers: its capability, its device, and the class of equally fast machines it belongs to."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from storage.errors import SettingsError
from storage.remedies import Act, Remedy
from workers.engines.catalog import abilities_of, engines, engines_for
from workers.engines.nvidia import DRIVER
from workers.engines.voice import FoundDevice
from workers.wire.routes import CAPABILITIES, TAG, convert_queue, engine_tag


@dataclass(frozen=True, slots=True)
class Device:
    """The hardware that converts."""

    capability: str
    model: str
    """The short name for classes and labels, such as `h200` or `m3-max`."""
    label: str
    """The full name for people."""
    remarks: tuple[str, ...] = ()
    """What makes it slower than it could be."""


@dataclass(frozen=True, slots=True)
class Capability:
    """Everything that routing must know about a worker."""

    device: Device
    tags: frozenset[str]
    engines: dict[str, str]
    abilities: frozenset[str] = frozenset()
    """What its engines offer here and not on every machine."""

    @property
    def machine_class(self) -> str:
        """The class of machines that run equally fast: capability and model."""
        return f"{self.device.capability}.{self.device.model}"

    @property
    def queue(self) -> str:
        """The queue that this worker serves."""
        return convert_queue(self.machine_class, self.tags, self.engines, self.abilities)

    @property
    def offers(self) -> frozenset[str]:
        """Everything that a job may require of it."""
        versions = {engine_tag(name, version) for name, version in self.engines.items()}
        own = frozenset({self.device.capability, self.machine_class, *self.engines, *versions})
        return own | self.abilities | self.tags


def checked_tags(tags: Iterable[str]) -> frozenset[str]:
    """The owner's tags; refuses those that cannot be part of a queue's name or already mean something else."""
    for tag in tags:
        if not TAG.fullmatch(tag):
            raise SettingsError(f"tag '{tag}' cannot be used; use only small letters, digits, dots and hyphens")
        if tag in CAPABILITIES:
            raise SettingsError(
                f"tag '{tag}' is the name of a capability, which a machine either has or lacks; choose another"
            )
    return frozenset(tags)


def detect(tags: Iterable[str] = (), only: str | None = None) -> Capability:
    """Find out what this machine can do; `only` makes it serve as that capability, even if it has a better one."""
    finders = {"cuda": _cuda, "mlx": _metal, "cpu": _cpu}
    if only:
        # Away from Apple silicon, MLX computes slowly on the processor, so it is used only on request.
        finders["mlx"] = _mlx
    for capability in [only] if only else CAPABILITIES:
        device = finders[capability]()
        if device is not None:
            known = engines_for(device.capability)
            return Capability(device, checked_tags(tags), known, abilities_of(known, device.capability))
    raise SettingsError(f"this machine offers no {only}; let it serve as what it does best", Remedy(Act.EXAMINE))


def may_have_accelerator() -> bool:
    """Whether there seems to be an accelerator, without asking torch, which takes seconds."""
    return _may_have_cuda() or _may_have_metal()


def _may_have_cuda() -> bool:
    return (Path("/dev") / DRIVER).exists() and find_spec("torch") is not None


def _may_have_metal() -> bool:
    return platform.system() == "Darwin" and platform.machine() == "arm64" and find_spec("mlx") is not None


def _cuda() -> Device | None:
    """An NVIDIA device, if any; torch is asked only if there may be one."""
    if not _may_have_cuda():
        return None
    if (found := _found("cuda")) is None:
        return None
    label = f"{found.name}, {found.bytes / 2**30:.0f} GB"
    return Device("cuda", _short(found.name, "nvidia", "geforce"), label, found.remarks)


def _metal() -> Device | None:
    """The device of an Apple silicon machine with mlx installed, if this is one."""
    if not _may_have_metal():
        return None
    chip = _asked("sysctl", "-n", "machdep.cpu.brand_string") or "Apple silicon"
    return Device("mlx", _short(chip, "apple"), f"{chip}, {psutil.virtual_memory().total / 2**30:.0f} GB")


def _mlx() -> Device | None:
    """The device that MLX computes on, if mlx is installed."""
    if (metal := _metal()) is not None or find_spec("mlx") is None:
        return metal
    found = _found("mlx")
    return None if found is None else Device("mlx", _short(found.name, "mlx", "on", "the"), found.name)


def _found(capability: str) -> FoundDevice | None:
    """The device as described by the first engine whose framework finds one."""
    return next((found for e in engines() if (found := e.device(capability)) is not None), None)


def _cpu() -> Device:
    name = processor_name()
    cores = os.cpu_count() or 1
    return Device(
        "cpu", _short(name, "processor", "cpu", "core", "intel", r"\d+-core", "with.*"), f"{name}, {cores} cores"
    )


def processor_name() -> str:
    """What the processor is called."""
    if platform.system() == "Darwin":
        return _asked("sysctl", "-n", "machdep.cpu.brand_string") or "unknown"
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _asked(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""


def _short(name: str, *noise: str) -> str:
    """A device's name as a label: small letters, digits and hyphens, without trademarks and filler words."""
    name = re.sub(r"\((r|tm|c)\)|@.*", " ", name.lower())
    for word in noise:
        name = re.sub(rf"\b{word}\b", " ", name)
    return re.sub(r"[^a-z0-9]+", "-", name).strip("-")[:40] or "unknown"

"""How a machine stands while it is measured, and whether its figures can be trusted."""

import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from workers.engines.capability import Capability, processor_name
from workers.measuring.figure import Figure
from workers.measuring.measurement import DeviceFacts
from workers.wire.naming import host_name

#: Packages that do the work, or come near it.
PACKAGES = ("torch", "mlx", "triton", "numpy", "pyworld", "soxr", "soundfile", "swift-f0", "onnxruntime")
#: Seconds for which the machine is watched before it is measured.
WATCHED = 1.0
#: The share of the processor that others may use, of the device too, before figures suffer.
MOST_BUSY = 0.10
#: The spread from which a figure says that something disturbed it.
MOST_SPREAD = 0.05
#: Suites whose figures are never steady: a disk does as it likes, and what is over in a moment is told coarsely.
_RESTLESS = frozenset({"storage", "libraries"})
#: Figures whose spread is as large may be a tenth of all: with ten runs each, some are by chance.
_MOST_DISTURBED = 0.1


def device_facts(capability: Capability) -> DeviceFacts:
    """What this machine is and what is installed on it."""
    return DeviceFacts(
        capability=capability.device.capability,
        machine_class=capability.machine_class,
        device=capability.device.label,
        host=host_name(),
        processor=processor_name(),
        cores=os.cpu_count() or 1,
        memory_mb=psutil.virtual_memory().total / 2**20,
        system=f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        versions={name: found for name in ("voicefarm", *PACKAGES) if (found := _version(name))},
        commit=_commit(),
        offers=tuple(sorted(capability.abilities)),
        remarks=capability.device.remarks,
    )


def busy_before() -> float:
    """The share of the processor that is used, by a look at a second in which nothing is done here."""
    return float(psutil.cpu_percent(WATCHED)) / 100.0


@dataclass(frozen=True, slots=True)
class ProcessorUse:
    """Seconds of the processor so far: all there were, those that were used, and those that this process used."""

    all: float
    used: float
    own: float

    @classmethod
    def now(cls) -> "ProcessorUse":
        """At this moment."""
        times, own = psutil.cpu_times(), psutil.Process().cpu_times()
        everything = float(sum(times))
        idle = float(times.idle) + float(getattr(times, "iowait", 0.0))
        mine = own.user + own.system + own.children_user + own.children_system
        return cls(everything, everything - idle, float(mine))

    def by_others(self, later: "ProcessorUse") -> float:
        """The share of the processor that others have used until a later moment."""
        if later.all <= self.all:
            return 0.0
        return max(later.used - self.used - (later.own - self.own), 0.0) / (later.all - self.all)


def clock_mhz() -> float | None:
    """The processor's clock at this moment."""
    try:
        found = psutil.cpu_freq()
    except (OSError, NotImplementedError):
        return None
    return float(found.current) if found and found.current else None


def temperature_c() -> float | None:
    """The hottest of what the system calls temperatures."""
    look = getattr(psutil, "sensors_temperatures", None)
    found = [one.current for sensors in (look() if look else {}).values() for one in sensors]
    return max(found, default=None)


def noise(busy: float, meanwhile: float, device_busy: float | None, figures: Iterable[Figure]) -> tuple[str, ...]:
    """Why figures cannot be trusted to a few per cent."""
    found = []
    if meanwhile > MOST_BUSY:
        found.append(f"other programs used {100 * meanwhile:.0f} % of the processor meanwhile")
    if busy > MOST_BUSY:
        found.append(f"other programs used {100 * busy:.0f} % of the processor before it began")
    if device_busy is not None and device_busy > MOST_BUSY:
        found.append(f"the device was {100 * device_busy:.0f} % busy before it began")
    shown = [one for one in figures if len(one.values) > 1 and one.suite not in _RESTLESS]
    wide = [one for one in shown if one.spread > MOST_SPREAD]
    if len(wide) > _MOST_DISTURBED * len(shown):
        found.append(f"runs of {len(wide)} of {len(shown)} figures are more than {100 * MOST_SPREAD:.0f} % apart")
    return tuple(found)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _commit() -> str:
    """The commit of a checkout; nothing where the program is installed."""
    folder = Path(__file__).parents[2]
    if not (folder / ".git").exists():
        return ""
    command = ["git", "-C", str(folder), "rev-parse", "--short=12", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""

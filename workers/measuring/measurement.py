"""What one machine measured of one of its devices, as a document that programs read."""

from dataclasses import dataclass, field

from workers.engines.probe import Kernel, Peaks
from workers.measuring.figure import Figure

#: Raised whenever a field changes its meaning or goes; readers refuse what is newer than they are.
SCHEMA_VERSION = 1
#: Engines that are measured, the one with the least memory first, as a process tells only the most that it ever took.
#: The one that lets recordings through does nothing to them.
MEASURED = ("world", "rvc")
#: What needs no voice: our arithmetic beside other libraries', and the object store.
LIBRARIES, STORAGE = "libraries", "storage"
#: All that can be asked for by itself: a voice of each engine with what belongs to it, and those.
SUITES = (*MEASURED, LIBRARIES, STORAGE)


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What was measured, and with which programs."""

    capability: str
    machine_class: str
    device: str
    """Its full name."""
    host: str
    processor: str
    cores: int
    memory_mb: float
    system: str
    versions: dict[str, str]
    """Of this program and of the packages that the work is done by."""
    commit: str
    """Of the sources, where the program runs from a checkout; else empty."""
    offers: tuple[str, ...]
    """What the device has and others lack, such as a kind of half precision."""
    remarks: tuple[str, ...] = ()
    worker: str = ""
    """Its name on the farm, where it was measured as a worker."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """How things stood while it was measured; what the system does not tell is None."""

    began_at: float
    seconds: float
    """How long it all took."""
    busy_before: float
    """The share of the processor that others used just before."""
    busy_meanwhile: float
    """The share that they used while it was measured."""
    clock_mhz: float | None = None
    temperature_c: float | None = None
    device_clock_mhz: float | None = None
    device_temperature_c: float | None = None
    device_power_w: float | None = None
    device_busy_before: float | None = None
    throttled: str = ""
    """Why the device was held back, in its own words."""
    others: tuple[str, ...] = ()
    """Other processes on the device."""
    noise: tuple[str, ...] = ()
    """Why the figures cannot be trusted to a few per cent, as sentences; none on a quiet machine."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the conversion, and what share of the time it takes."""

    name: str
    seconds: float
    share: float
    gigaflops: float = 0.0
    """What it computes for a second of audio; 0 where that was not counted."""
    million_values: float = 0.0
    """What passes between its layers, each value read or written once."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """All that was measured."""

    facts: DeviceFacts
    conditions: Conditions
    is_short: bool
    figures: tuple[Figure, ...]
    stages: tuple[Stage, ...]
    """Of a conversion with nets in the usual quality, for a second of audio."""
    kernels: tuple[Kernel, ...] = ()
    """What the device spent its time on, the longest first, as the framework's profiler tells."""
    remarks: tuple[str, ...] = ()
    """What was not measured, and why; whether the nets were real."""
    peaks: Peaks | None = None
    """The most that the device does in the precision of those stages."""
    schema_version: int = field(default=SCHEMA_VERSION)

"""Looking at a device while an engine works on it: its memory, and what its time goes to."""

import resource
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from workers.engines.samples import Samples


@dataclass(frozen=True, slots=True)
class Kernel:
    """A program that ran on the device: how often, and for how long in all."""

    name: str
    seconds: float
    calls: int
    share: float
    """Of the time of all of them."""


@dataclass(frozen=True, slots=True)
class Work:
    """Gigaflops for a second of audio, and values that pass between layers, each read or written once."""

    gigaflops: float
    values: float = 0.0


@dataclass(frozen=True, slots=True)
class Peaks:
    """The most that a device does: a plain product of large matrices, and a plain copy in its memory."""

    gigaflops: float
    gigabytes: float
    value_bytes: int
    """Bytes of a number in the precision of the product."""


class Probe(ABC):
    """What a framework can tell of its device."""

    @abstractmethod
    def forget_peak(self) -> None:
        """Begin anew to count the most memory that is used at a time."""

    @abstractmethod
    def peak_bytes(self) -> int | None:
        """The most memory that was used at a time; None where the device has none of its own."""

    @abstractmethod
    def product_gigaflops(self, precision: str) -> float:
        """What a plain product of large matrices does in this precision, measured."""

    @abstractmethod
    def peaks(self, precision: str) -> Peaks:
        """The most that the device does in this precision, measured."""

    @abstractmethod
    def log_mel(self, samples: Samples) -> Samples:
        """The spectrum of samples at 16 kHz as the pitch net sees it: `[frames, bands]`, one frame every 10 ms."""

    @abstractmethod
    def kernels(self, work: Callable[[], object]) -> tuple[Kernel, ...]:
        """Do some work, and tell what the device did for it, the longest first; none if there is no profiler."""


def peak_memory_mb() -> float:
    """The most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def as_kernels(found: dict[str, tuple[float, int]], most: int = 40) -> tuple[Kernel, ...]:
    """The longest of these, given the seconds and the calls of each."""
    whole = sum(seconds for seconds, _ in found.values()) or 1.0
    longest = sorted(found.items(), key=lambda one: one[1][0], reverse=True)[:most]
    return tuple(Kernel(name, seconds, calls, seconds / whole) for name, (seconds, calls) in longest)

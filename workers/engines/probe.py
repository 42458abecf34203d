"""Looking at a device while an engine works on it: its memory, and what its time goes to."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kernel:
    """A program that ran on the device: how often, and for how long in all."""

    name: str
    seconds: float
    calls: int
    share: float
    """Of the time of all of them."""


class Probe(ABC):
    """What a framework can tell of its device."""

    @abstractmethod
    def forget_peak(self) -> None:
        """Begin anew to count the most memory that is used at a time."""

    @abstractmethod
    def peak_bytes(self) -> int | None:
        """The most memory that was used at a time; None where the device has none of its own."""

    @abstractmethod
    def kernels(self, work: Callable[[], object]) -> tuple[Kernel, ...]:
        """Do some work, and tell what the device did for it, the longest first; none if there is no profiler."""


def as_kernels(found: dict[str, tuple[float, int]], most: int = 40) -> tuple[Kernel, ...]:
    """The longest of these, given the seconds and the calls of each."""
    whole = sum(seconds for seconds, _ in found.values()) or 1.0
    longest = sorted(found.items(), key=lambda one: one[1][0], reverse=True)[:most]
    return tuple(Kernel(name, seconds, calls, seconds / whole) for name, (seconds, calls) in longest)

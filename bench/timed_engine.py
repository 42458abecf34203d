"""What a framework says of itself to be measured, whichever it is."""

import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass

from workers.engines.rvc.conversion import RvcConversion

#: Vectors in the voice's index.
VECTORS = 100_000
#: Side of the square matrices whose product says what the device can do at most.
SQUARE = 2048


@dataclass(frozen=True, slots=True)
class Engine:
    """A framework's own answers."""

    name: str
    device: str
    precision: str
    conversion: RvcConversion
    matrix_gigaflops: float
    peak_memory_mb: Callable[[], float]
    forget_peak: Callable[[], None]
    """Begin counting the peak anew, where that can be done; else it is that of everything so far."""


def peak_resident_mb() -> float:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)

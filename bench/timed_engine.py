"""What a framework must provide to be measured."""

from collections.abc import Callable
from dataclasses import dataclass

from workers.engines.rvc.conversion import RvcConversion

#: Vectors in the voice's index.
VECTORS = 100_000


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine to be timed, and what its framework says of itself."""

    name: str
    device: str
    precision: str
    conversion: RvcConversion
    matrix_gigaflops: float
    peak_memory_mb: Callable[[], float]
    forget_peak: Callable[[], None]
    """Reset the peak if the framework can; else it stays the peak of everything so far."""
    compiles: bool = False
    """Whether it compiles a program when it first meets a shape."""

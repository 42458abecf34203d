"""Arrays that a device may still be computing or sending, while the processor goes on with something else."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy.typing as npt


class Arriving(Protocol):
    """An array that will be here."""

    def here(self) -> npt.NDArray[Any]:
        """The array; waits for it."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """An array that is here already, as where the processor computes."""

    array: npt.NDArray[Any]

    def here(self) -> npt.NDArray[Any]:
        """The array."""
        return self.array

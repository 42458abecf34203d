"""Arrays on their way to and from a device that works by itself, so that nobody waits for a copy."""

from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from workers.engines.rvc.arriving import Arriving, Here


class Pinned:
    """An array that comes into memory that stays in its place, into which the device copies by itself."""

    def __init__(self, there: Tensor) -> None:
        self.array = torch.empty(there.shape, dtype=there.dtype, pin_memory=True)
        self.array.copy_(there, non_blocking=True)
        self.arrived = torch.cuda.Event()
        self.arrived.record(torch.cuda.current_stream(there.device))

    def here(self) -> npt.NDArray[Any]:
        """The array; waits for it, and for nothing that was asked for later."""
        self.arrived.synchronize()
        array: npt.NDArray[Any] = self.array.numpy()
        return array


def leaving(there: Tensor) -> Arriving:
    """A tensor on its way to the processor."""
    return Pinned(there) if there.device.type == "cuda" else Here(there.numpy())


def sent(array: npt.NDArray[Any], device: torch.device) -> Tensor:
    """An array on its way to the device."""
    here = torch.from_numpy(array)
    # From other memory, the device could copy only while the processor waits.
    return here.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else here

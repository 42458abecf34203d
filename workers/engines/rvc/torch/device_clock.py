"""Moments on a device that works by itself: calls return before their work is done, so the host cannot time it."""

from typing import Any

import torch


class DeviceClock:
    """The clock of an NVIDIA device, which notes when it comes to a place in its queue of work."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def now(self) -> Any:
        """When all that was asked for so far is done."""
        moment = torch.cuda.Event(enable_timing=True)
        moment.record(torch.cuda.current_stream(self.device))
        return moment

    def between(self, begun: Any, ended: Any) -> float:
        """The seconds between two moments."""
        ended.synchronize()
        milliseconds: float = begun.elapsed_time(ended)
        return milliseconds / 1000.0

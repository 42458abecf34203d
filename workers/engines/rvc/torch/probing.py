"""What torch can tell of the device that it computes on."""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from workers.engines.probe import Kernel, Peaks, Probe, as_kernels
from workers.engines.rvc.mel import MELS
from workers.engines.rvc.torch.precision import dtype_for
from workers.engines.rvc.torch.rmvpe import LogMel
from workers.engines.samples import Samples

#: Microseconds, in which the profiler counts.
_MICROSECONDS = 1e6
_GIGA = 1e9
#: Side of the square matrices that are multiplied on a processor, bytes that are copied, and how often.
_SIDE, _COPIED, _RUNS = 2048, 1 << 28, 8


class TorchProbe(Probe):
    """Looks at an NVIDIA device or at the processor."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.mel = LogMel(MELS, device)

    def forget_peak(self) -> None:
        """Torch counts for devices alone."""
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)

    def peak_bytes(self) -> int | None:
        """What torch has taken of the device's memory."""
        return int(torch.cuda.max_memory_allocated(self.device)) if self.device.type == "cuda" else None

    def product_gigaflops(self, precision: str) -> float:
        """The best of several products."""
        size = 4 * _SIDE if self.device.type == "cuda" else _SIDE
        square = torch.randn(size, size, device=self.device).to(dtype_for(precision, self.device))
        return 2.0 * size**3 / self._best(lambda: square @ square) / _GIGA

    def peaks(self, precision: str) -> Peaks:
        """The best of several products and copies."""
        row = torch.zeros(_COPIED // 4, device=self.device)
        other = torch.empty_like(row)
        copy = self._best(lambda: other.copy_(row))
        # What is copied is read and written.
        value_bytes = dtype_for(precision, self.device).itemsize
        return Peaks(self.product_gigaflops(precision), 2.0 * _COPIED / copy / _GIGA, value_bytes)

    def log_mel(self, samples: Samples) -> Samples:
        """By the pitch net's own first layer."""
        found: Samples = self.mel(torch.from_numpy(samples)[None].to(self.device))[0].cpu().numpy()
        return found

    def _best(self, work: Callable[[], object]) -> float:
        """The seconds of the quickest of several runs."""
        took = []
        for _ in range(_RUNS):
            began = time.perf_counter()
            work()
            if self.device.type == "cuda":
                torch.cuda.synchronize(self.device)
            took.append(time.perf_counter() - began)
        return min(took)

    def kernels(self, work: Callable[[], object]) -> tuple[Kernel, ...]:
        """On a device its own kernels, on a processor torch's operators without what they call."""
        on_device = self.device.type == "cuda"
        kinds = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_device else [])]
        with profile(activities=kinds) as seen:
            work()
        found: dict[str, tuple[float, int]] = {}
        for event in seen.key_averages():
            if on_device == (event.device_type == DeviceType.CUDA):
                found[event.key] = (_microseconds(event, on_device=on_device) / _MICROSECONDS, int(event.count))
        return as_kernels(found)


def _microseconds(event: Any, *, on_device: bool) -> float:
    # It was called after CUDA before torch 2.5 or so.
    if on_device:
        spent = getattr(event, "self_device_time_total", None) or getattr(event, "self_cuda_time_total", None)
        return float(spent or 0.0)
    return float(event.self_cpu_time_total)

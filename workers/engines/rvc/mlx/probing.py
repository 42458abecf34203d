"""What MLX can tell of the device that it computes on."""

import time
from collections.abc import Callable

import mlx.core as mx
import numpy as np

from workers.engines.probe import Kernel, Peaks, Probe
from workers.engines.rvc.mel import MELS
from workers.engines.rvc.mlx.device import on_gpu
from workers.engines.rvc.mlx.precision import dtype_for
from workers.engines.rvc.mlx.rmvpe import LogMel
from workers.engines.samples import Samples

_GIGA = 1e9
#: Side of the square matrices that are multiplied on a GPU, bytes that are copied, and how often.
_SIDE, _COPIED, _RUNS = 8192, 1 << 28, 8


class MlxProbe(Probe):
    """Looks at what MLX takes; the system's own tools alone see single kernels."""

    def forget_peak(self) -> None:
        """Begin anew."""
        mx.reset_peak_memory()

    def peak_bytes(self) -> int | None:
        """What MLX has taken, which on a Mac is memory that all share."""
        return int(mx.get_peak_memory())

    def product_gigaflops(self, precision: str) -> float:
        """The best of several products."""
        size = _SIDE if on_gpu() else _SIDE // 16
        square = mx.random.normal((size, size)).astype(dtype_for(precision))
        mx.eval(square)
        return 2.0 * size**3 / _best(lambda: square @ square) / _GIGA

    def peaks(self, precision: str) -> Peaks:
        """The best of several products and copies."""
        row = mx.zeros((_COPIED // 4,), mx.float32)
        mx.eval(row)
        copy = _best(lambda: row + 1.0)
        # What is copied is read and written.
        copied = 2.0 * _COPIED / copy / _GIGA
        return Peaks(self.product_gigaflops(precision), copied, dtype_for(precision).size)

    def log_mel(self, samples: Samples) -> Samples:
        """By the pitch net's own first layer."""
        return np.asarray(LogMel(MELS)(mx.array(samples)[None])[0], np.float32)

    def kernels(self, work: Callable[[], object]) -> tuple[Kernel, ...]:  # noqa: ARG002 - nothing to look with
        """None."""
        return ()


def _best(work: Callable[[], mx.array]) -> float:
    """The seconds of the quickest of several runs."""
    took = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        mx.eval(work())
        took.append(time.perf_counter() - began)
    return min(took)

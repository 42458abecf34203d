"""What MLX can tell of the device that it computes on."""

from collections.abc import Callable

import mlx.core as mx

from workers.engines.probe import Kernel, Probe


class MlxProbe(Probe):
    """Looks at what MLX takes; the system's own tools alone see single kernels."""

    def forget_peak(self) -> None:
        """Begin anew."""
        mx.reset_peak_memory()

    def peak_bytes(self) -> int | None:
        """What MLX has taken, which on a Mac is memory that all share."""
        return int(mx.get_peak_memory())

    def kernels(self, work: Callable[[], object]) -> tuple[Kernel, ...]:  # noqa: ARG002 - nothing to look with
        """None."""
        return ()

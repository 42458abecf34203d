"""Shares work among a processor's cores: MLX gives each of its streams one thread, and each product only one stream."""

import os
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from itertools import pairwise

import mlx.core as mx

from workers.engines.rvc.mlx.device import on_gpu

#: Multiplications below which work is not shared: synchronising the threads takes as long as this many.
FEW = 1 << 19
#: Whether the current work is already one core's share.
_is_share = ContextVar("is_share", default=False)


def shared(work: Callable[[int, int], mx.array], first: int, last: int, cost: int) -> mx.array:
    """The result of the work for the rows `first..last`; it may be called for any stretch of them.

    A GPU shares the work out by itself; on a processor, every core gets a stretch. Rows are the second dimension, and
    each costs about `cost` multiplications.
    """
    there = () if on_gpu() or _is_share.get() else streams()
    rows = last - first
    count = min(len(there), rows, rows * cost // FEW)
    if count < 2:
        return work(first, last)
    edges = [first + n * rows // count for n in range(count + 1)]
    before = _is_share.set(True)
    try:
        parts = [_on(stream, work, *ends) for stream, ends in zip(there, pairwise(edges), strict=False)]
    finally:
        _is_share.reset(before)
    return mx.concatenate(parts, axis=1)


def _on(stream: mx.ThreadLocalStream, work: Callable[[int, int], mx.array], first: int, last: int) -> mx.array:
    with mx.stream(stream):
        return work(first, last)


@lru_cache(maxsize=1)
def streams() -> tuple[mx.ThreadLocalStream, ...]:
    """One stream for each core, or for as many as this process may use."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    cores = int(allowed) if allowed.isdecimal() else os.cpu_count() or 1
    return tuple(mx.new_thread_local_stream(mx.cpu) for _ in range(cores))

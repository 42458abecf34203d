"""Work shared among a processor's cores: MLX gives each of its streams a thread, and no product more than one."""

import os
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from itertools import pairwise

import mlx.core as mx

from workers.engines.rvc.mlx.device import on_gpu

#: Multiplications that are not worth a thread of their own: it takes as long as so many until the threads have met.
FEW = 1 << 19
#: Whether what is being asked for is a core's share already.
_is_share = ContextVar("is_share", default=False)


def shared(work: Callable[[int, int], mx.array], first: int, last: int, cost: int) -> mx.array:
    """What the work makes of the rows from the first to before the last: it may be asked for any stretch of them.

    A GPU shares it out by itself; of a processor every core gets a stretch. Rows are the second dimension, and each
    costs about so many multiplications.
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
    """One for each core, or for as many as whoever started this process allows it."""
    allowed = os.environ.get("OMP_NUM_THREADS", "")
    cores = int(allowed) if allowed.isdecimal() else os.cpu_count() or 1
    return tuple(mx.new_thread_local_stream(mx.cpu) for _ in range(cores))

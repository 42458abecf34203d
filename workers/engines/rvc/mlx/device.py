"""The device that MLX computes on, its memory, and how much of it is used."""

import os
from functools import lru_cache

from workers.engines.rvc.batches import Batch
from workers.engines.rvc.sound import Batches
from workers.engines.voice import FoundDevice

#: Share of the memory offered to MLX that it may fill; on a Mac all programs share the memory, and a full one swaps.
FILLED = 0.5
#: Share of it for one batch; the nets and what MLX keeps need the rest of what may be filled.
BATCH = 0.25
#: Share of it that MLX may keep between two batches instead of giving it back.
KEPT = 0.125
#: Bytes that a window of 30.7 s and a tile take at most in single precision, in addition to the nets; half precision
#: takes half. Measured on a processor, with shorter windows (45 MB of salience for 2.56 s, 249 MB per tile).
WINDOW_BYTES, TILE_BYTES = 600 << 20, 250 << 20
#: Windows and tiles at a time, however much memory there is: these keep a device busy, and more would only wait.
MOST_WINDOWS, MOST_TILES = 8, 32


def mlx_device() -> FoundDevice:
    """The device that MLX computes on."""
    import mlx.core as mx

    if not on_gpu():
        return FoundDevice("MLX on the processor", _machine_memory())
    facts = mx.device_info()
    return FoundDevice(
        str(facts.get("device_name", "GPU")), int(facts.get("memory_size", facts.get("total_memory", 0)))
    )


@lru_cache(maxsize=1)
def on_gpu() -> bool:
    """Whether MLX computes on a GPU here; otherwise it has only the processor, on which it is slow."""
    import mlx.core as mx

    return bool(mx.default_device().type == mx.DeviceType.gpu)


def offered_memory() -> int:
    """Bytes that the device can use: on a Mac, what the system lends to its GPU, which is less than the memory."""
    import mlx.core as mx

    if not on_gpu():
        return _machine_memory()
    facts = mx.device_info()
    known = (facts.get(name) for name in ("max_recommended_working_set_size", "memory_size", "total_memory"))
    return next((int(size) for size in known if size), _machine_memory())


def limit_memory() -> None:
    """Keep MLX from making a machine swap: beyond the limit it waits for work in progress and keeps little memory."""
    import mlx.core as mx

    offered = offered_memory()
    mx.set_memory_limit(int(offered * FILLED))
    mx.set_cache_limit(int(offered * KEPT))


def batches_for(memory: int, *, gpu: bool) -> Batches:
    """Windows and tiles at a time for this much memory; one keeps a processor busy."""
    if not gpu:
        return Batches(Batch(1), Batch(1))
    room = int(memory * BATCH)
    windows = min(max(room // WINDOW_BYTES, 1), MOST_WINDOWS)
    tiles = min(max(room // TILE_BYTES, 1), MOST_TILES)
    return Batches(Batch(windows), Batch(tiles))


def _machine_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")

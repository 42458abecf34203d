"""What is known about the device, and what happens when it is full."""

import mlx.core as mx
import pytest

from workers.engines.rvc.framework import DeviceFull
from workers.engines.rvc.mlx.device import (
    MOST_TILES,
    MOST_WINDOWS,
    batches_for,
    limit_memory,
    mlx_device,
    offered_memory,
)
from workers.engines.rvc.mlx.nets import device_errors

GIGABYTE = 1 << 30


def test_the_device_has_a_name_and_memory() -> None:
    found = mlx_device()
    assert found.name
    assert found.bytes > GIGABYTE // 2


@pytest.mark.parametrize(
    ("gigabytes", "windows", "tiles"), [(1, 1, 1), (5, 2, 5), (11, 4, 11), (200, MOST_WINDOWS, MOST_TILES)]
)
def test_the_more_memory_the_larger_the_batches(gigabytes: int, windows: int, tiles: int) -> None:
    batches = batches_for(gigabytes * GIGABYTE, gpu=True)
    assert (batches.windows.size, batches.tiles.size) == (windows, tiles)


def test_a_processor_takes_one_item_at_a_time() -> None:
    batches = batches_for(200 * GIGABYTE, gpu=False)
    assert (batches.windows.size, batches.tiles.size) == (1, 1)


def test_mlx_is_kept_from_taking_all_memory() -> None:
    limit_memory()
    limit = mx.set_memory_limit(GIGABYTE)
    kept = mx.set_cache_limit(GIGABYTE)
    limit_memory()
    assert limit <= offered_memory() // 2
    assert kept <= offered_memory() // 8


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[metal::malloc] Attempting to allocate 99 bytes which is greater than the maximum allowed."),
        RuntimeError("[malloc] Unable to allocate 99 bytes."),
        RuntimeError("[METAL] Command buffer execution failed: Insufficient Memory (00000008:kIOGPU)"),
        MemoryError("std::bad_alloc"),
    ],
)
def test_a_full_device_is_reported_as_full(error: Exception) -> None:
    with pytest.raises(DeviceFull), device_errors():
        raise error


def test_other_errors_are_left_as_they_are() -> None:
    with pytest.raises(ValueError, match="shape"), device_errors():
        mx.eval(mx.zeros((2, 3)) + mx.zeros((4, 5)))

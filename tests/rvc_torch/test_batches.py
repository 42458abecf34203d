from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import ConversionError
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.framework import DeviceFull
from workers.engines.rvc.sound import Batches


class Device:
    """A device that doubles numbers, as many at a time as it has room for."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.refused = 0
        self.taken: list[int] = []

    def work(self, items: Sequence[int]) -> list[int]:
        if len(items) > self.room:
            self.refused += 1
            raise DeviceFull("out of memory")
        self.taken.append(len(items))
        return [2 * item for item in items]


@given(st.integers(0, 50), st.integers(1, 40), st.integers(1, 40))
def test_every_item_is_done_once_and_in_order_however_small_the_device(count: int, size: int, room: int) -> None:
    device, batch = Device(room), Batch(size)
    results = [result for some in batch.over(range(count), device.work) for result in some]
    assert results == [2 * item for item in range(count)]
    assert max(device.taken, default=0) <= room
    assert batch.halved == device.refused


def test_a_size_that_did_not_fit_is_not_tried_again() -> None:
    device, batch = Device(3), Batch(16)
    list(batch.over(range(16), device.work))
    assert (batch.size, batch.halved, device.refused) == (2, 3, 3)
    list(batch.over(range(16), device.work))
    assert (batch.size, batch.halved, device.refused) == (2, 3, 3)


def test_only_sizes_that_there_are_programs_for_are_tried() -> None:
    device, batch = Device(5), Batch(32, sizes=(4, 12, 32))
    results = [result for some in batch.over(range(40), device.work) for result in some]
    assert results == [2 * item for item in range(40)]
    assert (batch.size, device.refused) == (4, 2)
    with pytest.raises(ConversionError, match="too little memory for a single piece"):
        list(batch.over(range(4), Device(0).work))


def test_a_device_that_fills_up_midway_does_nothing_twice() -> None:
    device, batch = Device(8), Batch(8)
    results = []
    for some in batch.over(range(20), device.work):
        results += some
        device.room = 5
    assert results == [2 * item for item in range(20)]
    assert device.taken == [8, 4, 4, 4]


def test_a_device_too_small_for_one_item_is_reported_in_a_sentence() -> None:
    batch = Batch(4)
    with pytest.raises(
        ConversionError, match=r"too little memory for a single piece \(out of memory\); close other programs"
    ):
        list(batch.over(range(4), Device(0).work))
    assert batch.size == 1


def test_other_errors_pass_through_and_halve_nothing() -> None:
    def broken(items: Sequence[int]) -> None:
        raise ZeroDivisionError

    batch = Batch(4)
    with pytest.raises(ZeroDivisionError):
        list(batch.over(range(4), broken))
    assert (batch.size, batch.halved) == (4, 0)


@pytest.mark.parametrize("frames", [1, 255, 256, 257, 1350, 2000])
def test_tiles_that_need_no_fixed_shape_divide_a_stretch_evenly(frames: int) -> None:
    batches = Batches(Batch(1), Batch(1), tile=256, is_fixed=False)
    ((tile, starts),) = batches.tiles_of([(7, 7 + frames)]).items()
    assert tile <= 256
    assert len(starts) == -(-frames // 256)
    assert starts == [7 + n * tile for n in range(len(starts))]
    assert len(starts) * tile - frames < len(starts)


def test_tiles_of_a_fixed_shape_keep_it_whatever_the_stretches() -> None:
    stretches = [(0, 1), (300, 300 + 1350), (3000, 3256)]
    tiles = Batches(Batch(1), Batch(1), tile=256).tiles_of(stretches)
    assert tiles == {256: [0, *range(300, 1650, 256), 3000]}


def test_stretches_of_equal_length_are_worked_on_together() -> None:
    batches = Batches(Batch(1), Batch(1), tile=256, is_fixed=False)
    assert batches.tiles_of([(0, 100), (200, 350), (400, 500)]) == {100: [0, 400], 150: [200]}

"""Stages are timed by the clock of the device that does the work, not by when its calls return."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import torch

from testing.rvc.pieces import spoken, whole
from testing.rvc.voices import conversion, narrow, nets
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.sound import Batches
from workers.engines.rvc.torch.device_clock import DeviceClock

VOICE = narrow()
PIECE = whole(spoken(1.0), VOICE.rate)
#: Seconds of the device for a call of each net.
COSTS = {"peaks": 1.0, "content": 2.0, "retrieved": 4.0, "latent": 8.0, "sound": 16.0}


@dataclass
class Queue:
    """A device that takes every call at once and works it off later, with a clock of its own."""

    asked: float = 0.0
    nets: Any = field(default_factory=lambda: nets(VOICE))

    def now(self) -> float:
        return self.asked

    def between(self, begun: float, ended: float) -> float:
        return ended - begun

    def __getattr__(self, name: str) -> Any:
        work = getattr(self.nets, name)

        def called(*given: Any) -> Any:
            self.asked += COSTS.get(name, 0.0)
            return work(*given)

        return called


def test_each_stage_takes_as_long_as_the_device_works_on_it() -> None:
    queue = Queue()
    voice = RvcConversion(VOICE, queue, Batches(Batch(1), Batch(8), 64), clock=queue)
    stages = voice.convert(PIECE, RvcSettings()).stages
    assert {stage: seconds for stage, seconds in stages.items() if seconds} == {
        "pitch": 1.0, "content": 2.0, "retrieval": 4.0, "encoder": 8.0, "generator": 16.0,
    }  # fmt: skip


def test_a_processor_is_timed_by_the_clock_on_the_wall() -> None:
    stages = conversion(VOICE).convert(PIECE, RvcSettings()).stages
    assert all(stages[stage] > 0.0 for stage in ("pitch", "content", "retrieval", "encoder", "generator"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA device")
def test_the_device_counts_work_that_its_calls_do_not_wait_for() -> None:
    clock = DeviceClock(torch.device("cuda"))
    square = torch.randn(4096, 4096, device="cuda")
    begun = clock.now()
    for _ in range(20):
        square = square @ square
    assert clock.between(begun, clock.now()) > 1e-4

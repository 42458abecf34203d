"""Measurements made up for tests."""

from typing import Any

from workers.engines.probe import Kernel, Peaks
from workers.measuring.figure import Better, Figure, figure
from workers.measuring.measurement import Conditions, DeviceFacts, Measurement, Stage

SPEED = ("conversion", "balanced, 30 s", "x")


def speed(*values: float) -> Figure:
    return figure(*SPEED, values or (2.0, 2.02, 1.99))


def facts(**given: Any) -> DeviceFacts:
    usual: dict[str, Any] = {
        "capability": "cpu", "machine_class": "cpu.test", "device": "Test 1, 2 cores", "host": "one",
        "processor": "Test 1", "cores": 2, "memory_mb": 8192.0, "system": "Linux 6, Python 3.11",
        "versions": {"voicefarm": "0.1.0"}, "commit": "", "offers": (),
    }  # fmt: skip
    return DeviceFacts(**{**usual, **given})


def measured(*figures: Figure, noise: tuple[str, ...] = (), **given: Any) -> Measurement:
    return Measurement(
        facts(**given),
        Conditions(began_at=1_000.0, seconds=60.0, busy_before=0.01, busy_meanwhile=0.01, noise=noise),
        is_short=True,
        figures=figures
        or (
            speed(),
            figure("conversion", "balanced, 30 s, until it is there", "s", (15.0, 14.9, 15.1), Better.LESS),
            figure("storage", "encoding atoms", "x", (1000.0,)),
        ),
        stages=(
            Stage("generator", 0.3, 0.75, 120.0, 400.0),
            Stage("pitch", 0.1, 0.2, 7.0, 50.0),
            Stage("noise", 0.02, 0.05),
        ),
        kernels=(Kernel("mkldnn_convolution", 0.2, 12, 0.8), Kernel("aten::mm|x", 0.05, 3, 0.2)),
        remarks=("the nets had random weights",),
        peaks=Peaks(420.0, 20.0, 2),
    )

"""How near each stage comes to what its device can do: by its arithmetic, or by what it moves through memory."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workers.engines.probe import Peaks
from workers.measuring.measurement import Measurement, Stage

#: Operations for a byte between which the roofs are drawn.
_LOWEST, _HIGHEST = 1.0, 1e4
#: A stage's mark, told apart without colours.
_MARKS = ("o", "s", "^", "D", "v", "P")
_COLOURS = ("#3b75af", "#e8a33d", "#5c4b8a", "#c8353b", "#7f9f5f")
_GREY = "#666666"


def roof(peaks: Peaks, intensity: float) -> float:
    """The most operations a second, in billions, at so many for each byte that is moved."""
    return min(peaks.gigaflops, peaks.gigabytes * intensity)


def intensity(stage: Stage, peaks: Peaks) -> float:
    """Operations of a stage for each byte that passes between its layers."""
    return 1e3 * stage.gigaflops / (stage.million_values * peaks.value_bytes)


def counted(stages: Sequence[Stage]) -> list[Stage]:
    """The stages whose arithmetic is known."""
    return [stage for stage in stages if stage.gigaflops and stage.million_values and stage.seconds]


def has_roof(measured: Measurement) -> bool:
    """Whether there is something to draw."""
    return measured.peaks is not None and bool(counted(measured.stages))


def draw_roofs(axes: Any, names: Sequence[str], measured: Mapping[str, Measurement]) -> None:
    """A roof for each device, and its stages below."""
    reach = np.geomspace(_LOWEST, _HIGHEST, 100)
    marks: dict[str, str] = {}
    for name, colour in zip(names, _COLOURS, strict=False):
        peaks = measured[name].peaks
        if peaks is None:
            continue
        axes.plot(reach, [roof(peaks, x) for x in reach], color=colour, linewidth=1.5, label=name)
        for stage in counted(measured[name].stages):
            mark = marks.setdefault(stage.name, _MARKS[len(marks) % len(_MARKS)])
            at, speed = intensity(stage, peaks), stage.gigaflops / stage.seconds
            axes.plot([at], [speed], mark, color=colour, markersize=8)
    # Names beside the marks would lie on each other, because stages of one kind lie close together.
    for stage_name, mark in marks.items():
        axes.plot([], [], mark, color=_GREY, markersize=8, label=stage_name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("operations for a byte between layers")
    axes.set_ylabel("GFLOP/s")
    axes.set_title("Stages, and what the device does in a plain product and a plain copy", loc="left")
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)

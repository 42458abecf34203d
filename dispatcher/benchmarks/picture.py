"""A picture of devices side by side: how fast they convert, and what their time goes to."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dispatcher.benchmarks.comparison import Comparison, headline, shared_length
from dispatcher.benchmarks.roofline import draw_roofs, has_roof
from dispatcher.jobs.whole_file import whole_file
from workers.measuring.measurement import Measurement

#: Inches of the picture's width, and of its height for the first device and for each, and points an inch.
_WIDTH, _HEAD, _ROW, _DENSITY = 14.0, 2.2, 0.75, 100
#: Inches of the roofs below.
_ROOF = 5.0
#: Stages with a smaller share are drawn together.
_LEAST = 0.02
#: Colours that are told apart by those who see few as well, and the one for all small stages.
_COLOURS = ("#3b75af", "#e8a33d", "#8fd0c1", "#5c4b8a", "#c8353b", "#7f9f5f", "#d9a6c2")
_OTHERS = "#b7b7b7"


def draw_comparison(comparison: Comparison, measured: Mapping[str, Measurement], target: Path) -> None:
    """Draw all devices that have nets; raises if there are none."""
    from matplotlib.figure import Figure

    names = [one.name for one in comparison.devices if one.realtime]
    roofs = [name for name in names if has_roof(measured[name])]
    bars = _HEAD + _ROW * len(names)
    figure = Figure((_WIDTH, bars + (_ROOF if roofs else 0.0)))
    figure.set_layout_engine("constrained", w_pad=0.15, h_pad=0.15)
    heights = (bars, _ROOF) if roofs else (bars,)
    grid = figure.add_gridspec(len(heights), 2, width_ratios=(1.0, 1.3), height_ratios=heights)
    speeds = figure.add_subplot(grid[0, 0])
    stages = figure.add_subplot(grid[0, 1], sharey=speeds)
    _draw_speeds(speeds, names, measured)
    _draw_stages(stages, names, measured)
    stages.tick_params(axis="y", labelleft=False)
    for axes in (speeds, stages):
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.tick_params(axis="y", length=0)
    if roofs:
        draw_roofs(figure.add_subplot(grid[1, :]), roofs, measured)
    with whole_file(target) as path, warnings.catch_warnings():
        # A device's name may be written in letters that the font lacks.
        warnings.simplefilter("ignore", UserWarning)
        figure.savefig(path, dpi=_DENSITY)


def _draw_speeds(axes: Any, names: list[str], measured: Mapping[str, Measurement]) -> None:
    """Bars with the slowest and the fastest run."""
    seconds = shared_length(list(measured.values()))
    for row, name in enumerate(names):
        figure = headline(measured[name], seconds)
        if figure is None:
            continue
        low, high = min(figure.values), max(figure.values)
        axes.barh(row, figure.median, 0.6, color=_COLOURS[0])
        axes.errorbar(
            figure.median, row, xerr=[[figure.median - low], [high - figure.median]], color="black", capsize=4
        )
        axes.annotate(
            f"{figure.median:.3g}x", (high, row), xytext=(8, 0), textcoords="offset points", va="center", fontsize=11
        )
    axes.set_yticks(range(len(names)), names, parse_math=False, fontsize=11)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.14)
    axes.set_xlim(left=0.0)
    axes.set_xlabel(f"seconds of audio converted in a second, for a recording of {seconds:g} s")
    axes.set_title("Speed, with the slowest and the fastest run", loc="left")
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def _draw_stages(axes: Any, names: list[str], measured: Mapping[str, Measurement]) -> None:
    """What share of the time each stage takes."""
    shares = {name: {stage.name: stage.share for stage in measured[name].stages} for name in names}
    found = dict.fromkeys(stage for by in shares.values() for stage in by)
    shown = [stage for stage in found if any(by.get(stage, 0.0) >= _LEAST for by in shares.values())][: len(_COLOURS)]
    left = np.zeros(len(names))
    for stage, colour in zip(shown, _COLOURS, strict=False):
        width = np.array([100.0 * shares[name].get(stage, 0.0) for name in names])
        axes.barh(range(len(names)), width, 0.6, left=left, color=colour, label=stage)
        for row, (start, share) in enumerate(zip(left, width, strict=True)):
            if share >= 6.0:
                axes.text(
                    start + share / 2.0, row, f"{share:.0f}", ha="center", va="center", color="white", fontsize=10
                )
        left += width
    axes.barh(range(len(names)), 100.0 - left, 0.6, left=left, color=_OTHERS, label="others")
    axes.set_xlim(0.0, 100.0)
    axes.set_xlabel("per cent of the time")
    axes.set_title("Stages of a conversion", loc="left")
    axes.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.16), frameon=False)

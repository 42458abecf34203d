"""A picture of a verdict: the pitch that was wanted and the one that is there, both levels, and every fault."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dispatcher.jobs.whole_file import whole_file
from dispatcher.quality.envelope import FRAMES as LEVEL_FRAMES
from dispatcher.quality.envelope import levels
from dispatcher.quality.hearing import Heard
from dispatcher.quality.pitch import FRAMES, Pitch
from dispatcher.quality.verdict import Fault, Kind, Verdict

#: Inches, and points an inch.
SIZE, DENSITY = (16.0, 8.0), 100
#: Points of one curve: more than the picture is wide would show nothing else.
_POINTS = 3_000
#: Decibels below the loud moments that are shown.
_DEPTH = -70.0
_SOURCE, _RESULT, _FAULT = "#b7b7b7", "#3b75af", "#c8353b"
#: Pitches that are named beside the curve, in hertz.
_TICKS = (55, 82, 110, 165, 220, 330, 440, 660, 880)
#: Faults of the whole recording have no place in it.
_OF_ALL = frozenset({Kind.LENGTH, Kind.SPEAKER, Kind.NATURALNESS, Kind.SILENCE})


def draw_verdict(verdict: Verdict, source: Heard, result: Heard, semitones: float, target: Path) -> None:
    """Draw a verdict into a PNG; the source's pitch is drawn as it should be in the result."""
    from matplotlib.figure import Figure

    figure = Figure(SIZE)
    figure.set_layout_engine("constrained")
    pitch, level = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (1.6, 1.0)})
    _draw_pitch(pitch, source.pitch * 2.0 ** (semitones / 12.0), result.pitch)
    _draw_levels(level, source, result)
    for fault in verdict.faults:
        if fault.seconds is not None:
            for axes in (pitch, level):
                axes.axvline(fault.seconds, color=_FAULT, linewidth=1.2, linestyle="--")
            level.annotate(
                str(fault.kind), (fault.seconds, _DEPTH), xytext=(4, 4), textcoords="offset points", color=_FAULT
            )
    for axes in (pitch, level):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#eeeeee", linewidth=0.6)
    level.set_xlim(0.0, max(source.seconds, result.seconds))
    level.set_xlabel("seconds")
    figure.suptitle(_title(verdict), x=0.012, ha="left", fontsize=14, parse_math=False)
    with whole_file(target) as path, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        figure.savefig(path, dpi=DENSITY)


def _draw_pitch(axes: Any, wanted: Pitch, found: Pitch) -> None:
    for pitch, colour, width, name in (
        (wanted, _SOURCE, 3.0, "the source's, moved"),
        (found, _RESULT, 1.2, "the result's"),
    ):
        every = max(-(-len(pitch) // _POINTS), 1)
        shown = np.where(pitch > 0.0, pitch, np.nan)[::every]
        axes.plot(np.arange(len(shown)) * every / FRAMES, shown, color=colour, linewidth=width, label=name)
    axes.set_yscale("log")
    axes.set_yticks(_TICKS, [str(hertz) for hertz in _TICKS])
    axes.minorticks_off()
    axes.set_ylabel("pitch, Hz")
    axes.legend(loc="upper right", ncols=2, frameon=False)


def _draw_levels(axes: Any, source: Heard, result: Heard) -> None:
    for heard, colour, name in ((source, _SOURCE, "source"), (result, _RESULT, "result")):
        level = np.maximum(levels(heard.bands), _DEPTH)
        every = max(-(-len(level) // _POINTS), 1)
        whole = len(level) // every * every
        loudest = level[:whole].reshape(-1, every).max(axis=1)
        axes.plot(np.arange(len(loudest)) * every / LEVEL_FRAMES, loudest, color=colour, linewidth=1.2, label=name)
    axes.set_ylim(_DEPTH, 12.0)
    axes.set_ylabel("level, dB")
    axes.legend(loc="upper right", ncols=2, frameon=False)


def _title(verdict: Verdict) -> str:
    head = f"{verdict.result}, from {verdict.source}"
    told: Sequence[Fault] = [fault for fault in verdict.faults if fault.kind in _OF_ALL or fault.seconds is None]
    if verdict.is_good:
        return f"{head}: nothing wrong was found"
    return "\n".join([head, *(f"{fault.kind}: {fault.sentence}" for fault in told[:3])])

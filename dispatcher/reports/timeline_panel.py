"""Drawing the timeline: the dispatcher's own work, and a row of atoms for each worker."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dispatcher.reports.sound_panels import label_seconds
from dispatcher.reports.timeline import Bar
from dispatcher.reports.work import Span
from storage.records.schema import JobRecord

#: Colours by kind, told apart by those who see few colours as well, and what the legend calls them.
_KINDS = {
    "done": ("#3b75af", "converted"),
    "cached": ("#8fd0c1", "found in the store"),
    "copy": ("#e8a33d", "converted as a copy"),
    "late": ("#b7b7b7", "late: done before by another"),
    "failed": ("#c8353b", "failed"),
}
_STAGE = "#5c4b8a"
#: Bars in one row that can still be told apart by a line between them.
_FEW = 150
#: Names beside the rows that can still be read.
_MOST_NAMES = 25


def draw_timeline(axes: Any, job: JobRecord, bars: Sequence[Bar]) -> None:
    """Fill the axes; times count from the submission."""
    end = max([b.span.end for b in bars] + [job.ended_at or 0.0]) - job.submitted_at
    workers = sorted({bar.worker for bar in bars})
    axes.set_xlim(0.0, end)
    axes.set_ylim(len(workers) + 0.6, -0.6)
    _draw_stages(axes, job, end)
    for row, worker in enumerate(workers, 1):
        _draw_row(axes, row, [b for b in bars if b.worker == worker], job.submitted_at)
    label_seconds(axes, Span(0.0, end), most=14)
    axes.set_xlabel("time since submission")
    _name_rows(axes, ["dispatcher", *workers])
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    _draw_legend(axes, {bar.kind for bar in bars})


def _name_rows(axes: Any, names: Sequence[str]) -> None:
    """Name the rows; of very many, every second, third, … so that no two names overlap."""
    every = -(-len(names) // _MOST_NAMES)
    shown = range(0, len(names), every)
    axes.set_yticks(shown, [names[row] for row in shown], parse_math=False)
    axes.tick_params(axis="y", length=0, labelsize=min(11.0, 200.0 / len(shown)))


def _draw_stages(axes: Any, job: JobRecord, end: float) -> None:
    for name, ended_at, took in (("split", job.split_at, job.split_took), ("stitch", job.ended_at, job.stitch_took)):
        if ended_at is None or took <= 0.0:
            continue
        stop = ended_at - job.submitted_at
        axes.broken_barh([(stop - took, took)], (-0.38, 0.76), facecolors=_STAGE)
        for edge in (stop - took, stop):
            axes.axvline(edge, color=_STAGE, linewidth=0.8, linestyle=(0, (2, 3)), zorder=0.5)
        # Beside the bar, on the side where there is room.
        on_right = stop < end / 2
        axes.annotate(
            name,
            (stop if on_right else stop - took, 0.0),
            xytext=(6 if on_right else -6, 0),
            textcoords="offset points",
            ha="left" if on_right else "right",
            va="center",
        )


def _draw_row(axes: Any, row: int, bars: Sequence[Bar], zero: float) -> None:
    by_kind: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for bar in bars:
        by_kind[bar.kind].append((bar.span.start - zero, bar.span.seconds))
    for kind, spans in by_kind.items():
        axes.broken_barh(
            spans,
            (row - 0.38, 0.76),
            facecolors=_KINDS[kind][0],
            edgecolors="white",
            linewidth=1.0 if len(bars) <= _FEW else 0.0,
        )


def _draw_legend(axes: Any, kinds: set[str]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=colour, label=label) for kind, (colour, label) in _KINDS.items() if kind in kinds]
    axes.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=5, frameon=False, borderaxespad=0.1
    )

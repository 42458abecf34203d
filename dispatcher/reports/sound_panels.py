"""Drawing spectrograms: the source above the result, from afar and from near."""

from typing import Any

from dispatcher.reports.sound import Recording, Seen
from dispatcher.reports.spectrum import Power, band_edges
from dispatcher.reports.wording import shown_duration
from dispatcher.reports.work import Span

#: Decibels below the loudest that are still shown.
DEPTH = 75.0
_TICKS = (100, 200, 500, 1000, 2000, 5000, 10_000)


def draw_sound(far: Any, near: Any, recording: Recording, seen: Seen, what: str) -> Any:
    """Fill two axes with one recording; what is returned explains the colours."""
    whole = Span(0.0, recording.seconds)
    _spectrogram(far, seen.far, whole, most_ticks=10)
    colours = _spectrogram(near, seen.near, seen.near_span, most_ticks=6)
    far.set_title(f"{what}, {shown_duration(recording.seconds)}", loc="left", parse_math=False)
    near.set_title(
        f"{shown_duration(seen.near_span.seconds)} of it, between the dashed lines", loc="left", parse_math=False
    )
    far.set_ylabel("Hz")
    near.tick_params(labelleft=False)
    for edge in (seen.near_span.start, seen.near_span.end):
        far.axvline(edge, color="white", linewidth=0.8, linestyle=(0, (4, 3)))
    return colours


def label_seconds(axes: Any, span: Span, *, most: int) -> None:
    """Put round times below axes."""
    from matplotlib.ticker import FixedLocator, FuncFormatter

    step = round_step(span.seconds / most)
    first = int(-(-span.start // step))
    axes.xaxis.set_major_locator(FixedLocator([n * step for n in range(first, int(span.end // step) + 1)]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda second, _: clock(second, step)))


def round_step(seconds: float) -> float:
    """The next longer distance between ticks that people find round."""
    steps = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400)
    return next((s for s in steps if s >= seconds), 3600.0 * (seconds // 3600 + 1))


def clock(seconds: float, step: float) -> str:
    """A time such as 1:02:03 or 2:03, with decimals where ticks stand closer than a second."""
    whole, digits = int(seconds + 1e-6), 0 if step >= 1 else 1 if step >= 0.1 else 2
    rest = f"{seconds - whole + whole % 60:0{2 + (digits and digits + 1)}.{digits}f}"
    return f"{whole // 3600}:{whole // 60 % 60:02}:{rest}" if whole >= 3600 else f"{whole // 60}:{rest}"


def _spectrogram(axes: Any, level: Power, span: Span, *, most_ticks: int) -> Any:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    edges = band_edges()
    columns = level.shape[1]
    times = [span.start + span.seconds * n / columns for n in range(columns + 1)]
    colours = axes.pcolormesh(times, edges, level, vmin=-DEPTH, vmax=0.0, cmap="magma", rasterized=True)
    axes.set_yscale("log")
    axes.set_ylim(edges[0], edges[-1])
    axes.yaxis.set_major_locator(FixedLocator(_TICKS))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda hz, _: f"{hz:.0f}" if hz < 1000 else f"{hz / 1000:.0f}k"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlim(span.start, span.end)
    label_seconds(axes, span, most=most_ticks)
    return colours

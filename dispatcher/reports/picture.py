"""A picture of a job: what went in and what came out as spectrograms, above who did what when."""

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dispatcher.jobs.copies import find_copies
from dispatcher.jobs.whole_file import refuse_existing, whole_file
from dispatcher.reports.job import JobRows
from dispatcher.reports.sound import Recording, Seen, look_at, look_at_fullest
from dispatcher.reports.sound_panels import DEPTH, draw_sound
from dispatcher.reports.timeline import lay_out_bars
from dispatcher.reports.timeline_panel import draw_timeline
from dispatcher.reports.wording import shown_duration, shown_factor
from storage import keys
from storage.audio.channels import Channels
from storage.errors import InputError
from storage.objects.store import ObjectStore
from storage.records.schema import JobRecord
from storage.remedies import Act, Remedy

#: Inches, and points an inch: 1600 by 1200.
SIZE, DENSITY = (16.0, 12.0), 100


def draw_picture(rows: JobRows, store: ObjectStore, target: Path, *, overwrite: bool = False) -> None:
    """Draw a finished job into a PNG."""
    refuse_what_is_no_picture(target)
    refuse_existing(target, overwrite=overwrite)
    refuse_without_packages()
    job = rows.job
    if job.result_key is None:
        raise InputError(
            f"job {job.id} is {job.state}, and only finished jobs can be drawn", Remedy(Act.SHOW_JOB, str(job.id))
        )
    if job.rolled_up:
        raise InputError(
            f"the pieces of job {job.id} are no longer kept, so it cannot be drawn; its report still tells their totals"
        )
    source = Recording(
        keys.source_key(job.source_hash), job.name, job.length, job.allow_truncated,
        Channels(job.channels).number, job.track,
    )  # fmt: skip
    result = Recording(job.result_key, f"the result of job {job.id}", job.result_frames / job.rate_out)
    before = look_at_fullest(store, source)
    after = look_at(store, result, before.near_span)
    figure = _figure(rows, (source, before), (result, after))
    with whole_file(target) as path, warnings.catch_warnings():
        # Names may be written in letters that the font lacks; a box in their place is no reason to complain.
        warnings.simplefilter("ignore", UserWarning)
        figure.savefig(path, dpi=DENSITY)


def refuse_what_is_no_picture(target: Path) -> None:
    """Raise for a name that is none of a PNG."""
    if target.suffix.lower() != ".png":
        raise InputError(f"a picture is written as PNG; name it {target.with_suffix('.png').name}, not {target.name}")


def refuse_without_packages() -> None:
    """Raise unless what draws is installed."""
    if find_spec("librosa") is None or find_spec("matplotlib") is None:
        raise InputError("pictures need librosa and matplotlib; install them by `pip install 'voicefarm[pictures]'`")


def _figure(rows: JobRows, before: tuple[Recording, Seen], after: tuple[Recording, Seen]) -> Any:
    # The figure draws itself by Agg; pyplot would look for a screen.
    from matplotlib.figure import Figure

    figure = Figure(SIZE)
    figure.set_layout_engine("constrained", h_pad=0.12, w_pad=0.08)
    grid = figure.add_gridspec(3, 3, width_ratios=(0.63, 0.36, 0.01), height_ratios=(1.0, 1.0, 0.9))
    for row, ((recording, seen), what) in enumerate(((before, "source"), (after, f"voice {rows.job.voice}"))):
        axes = figure.add_subplot(grid[row, 0]), figure.add_subplot(grid[row, 1])
        colours = draw_sound(*axes, recording, seen, what)
    bar = figure.colorbar(colours, cax=figure.add_subplot(grid[:2, 2]), ticks=range(-int(DEPTH) // 15 * 15, 1, 15))
    bar.set_label("dB below the loudest")
    bars = lay_out_bars(rows.attempts, find_copies(rows.leases, rows.attempts))
    draw_timeline(figure.add_subplot(grid[2, :]), rows.job, bars)
    figure.suptitle(_title(rows.job), x=0.012, ha="left", fontsize=16, parse_math=False)
    return figure


def _title(job: JobRecord) -> str:
    took = (job.ended_at or job.submitted_at) - job.submitted_at
    factor = job.length / took if took > 0.0 else None
    return (
        f"job {job.id}: {job.name} in voice {job.voice}, {shown_duration(job.length)} of audio"
        f" in {shown_duration(took)} ({shown_factor(factor)} realtime)"
    )

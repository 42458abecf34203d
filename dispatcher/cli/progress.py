"""A progress bar with rate and time left; nothing where there is no terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dispatcher.client.watching import Progress
from storage.printable import printable


@contextmanager
def progress_display(*, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A function that shows progress, for as long as the block lasts."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        # A recording may be called "[red]talk", which rich would take for markup.
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting", total=None, rate="")
        began = time.monotonic()

        def show(progress: Progress) -> None:
            rate = progress.seconds_done / max(time.monotonic() - began, 0.001)
            bars.update(
                task,
                description=printable(progress.stage)[:48],
                total=progress.seconds or None,
                completed=progress.seconds_done,
                rate=f"{rate:.1f}x realtime",
            )

        yield show

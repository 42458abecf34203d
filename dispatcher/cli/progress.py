"""A progress bar with rate and time left; nothing where there is no terminal."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dispatcher.client.following import BatchProgress
from storage.printable import printable


class Display:
    """Shows no progress: there is no terminal, or a program reads the output."""

    def show(self, progress: BatchProgress) -> None:
        """Show how far a batch is."""

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Lines printed in the block do not get mixed up with the bar."""
        yield


class BarDisplay(Display):
    """Shows progress as a bar, which makes way for lines."""

    def __init__(self, bars: Any) -> None:
        self.bars = bars
        self.task = bars.add_task("starting", total=None, rate="", count="")
        self.began = time.monotonic()

    def show(self, progress: BatchProgress) -> None:
        """Update the bar."""
        rate = progress.seconds_done / max(time.monotonic() - self.began, 0.001)
        self.bars.update(
            self.task,
            description=printable(progress.stage)[:48],
            total=progress.seconds or None,
            completed=progress.seconds_done,
            count=f"{progress.ended}/{progress.total}" if progress.total > 1 else "",
            rate=f"{rate:.1f}x realtime",
        )

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away, and draw it anew below the lines."""
        self.bars.stop()
        try:
            yield
        finally:
            self.bars.start()


@contextmanager
def progress_display(*, quiet: bool) -> Iterator[Display]:
    """What shows progress, for as long as the block lasts."""
    if quiet or not sys.stderr.isatty():
        yield Display()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        # A recording may be called "[red]talk", which rich would take for markup.
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    # Results go to the standard output, which may be a file: rich must not send them to the terminal instead.
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
    ) as bars:
        yield BarDisplay(bars)

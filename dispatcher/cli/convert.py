"""convert: hand recordings in, watch, fetch the results; all in one command."""

import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.progress import progress_display
from dispatcher.cli.remedies import worded
from dispatcher.cli.requesting import build_request, request_options
from dispatcher.cli.saying import complain, print_json, say
from dispatcher.client.answers import Delivery
from dispatcher.client.converting import Audience
from dispatcher.client.farm import Farm
from dispatcher.client.watching import pause_a_moment

#: Ctrl-C was pressed. Python drops its exception if it is raised while an object is finalised, so it is remembered.
_interrupted = Event()


@click.command("convert")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="File or folder for the results.")
@click.option("--overwrite", is_flag=True, help="Replace results that are there already.")
@request_options
@as_json
def convert_command(
    sources: tuple[Path, ...],
    out: Path | None,
    *,
    overwrite: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Convert recordings, files or whole folders, and wait for the results."""
    done: list[Delivery] = []
    with progress_display(quiet=as_json) as display, _minding_ctrl_c():
        audience = Audience(
            display, lambda source, why: complain(f"{source}: waiting: {why}"), trouble=complain, pause=_pause
        )
        request = build_request(options)
        # Ctrl-C may come while one is being printed; the others must end all the same.
        with closing(Farm.open().convert(sources, request, out, overwrite=overwrite, audience=audience)) as deliveries:
            for delivery in deliveries:
                done.append(delivery)
                _tell(delivery, quiet=as_json)
    if as_json:
        print_json([d.to_json(worded) for d in sorted(done, key=lambda d: d.place)])
    if any(d.state != "finished" for d in done):
        sys.exit(1)


def _tell(delivery: Delivery, *, quiet: bool) -> None:
    if delivery.error is not None:
        complain(f"{delivery.source}: {worded(delivery.error)}")
        return
    if not quiet:
        say(f"{delivery.source} -> {delivery.result}")
    if delivery.remark:
        complain(f"{delivery.source}: {delivery.remark}")


def _pause() -> None:
    if _interrupted.is_set():
        raise KeyboardInterrupt
    pause_a_moment()


@contextmanager
def _minding_ctrl_c() -> Iterator[None]:
    """Remember Ctrl-C for as long as the block lasts."""
    _interrupted.clear()
    before = signal.getsignal(signal.SIGINT)
    # Whoever starts it ignoring Ctrl-C, as nohup and background scripts do, means it.
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(*_: object) -> None:
    _interrupted.set()
    raise KeyboardInterrupt

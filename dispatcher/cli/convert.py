"""convert: hand recordings in, watch, fetch the results; all in one command."""

import signal
import sys
import time
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
from dispatcher.cli.sections import SectionedCommand
from dispatcher.cli.summing_up import summary_of
from dispatcher.client.answers import Delivery
from dispatcher.client.converting import Audience
from dispatcher.client.farm import Farm
from dispatcher.client.watching import pause_a_moment

#: Ctrl-C was pressed. Python drops its exception if it is raised while an object is finalised, so it is remembered.
_interrupted = Event()


@click.command("convert", cls=SectionedCommand)
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="File or folder for the results.")
@click.option("--overwrite", is_flag=True, help="Replace results that exist already.")
@click.option("--skip-existing", is_flag=True, help="Leave out recordings whose results exist already.")
@request_options
@as_json
def convert_command(
    sources: tuple[Path, ...],
    out: Path | None,
    *,
    overwrite: bool,
    skip_existing: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Convert recordings, files or whole folders, and wait for the results."""
    done: list[Delivery] = []
    began = time.monotonic()
    with progress_display(quiet=as_json) as display, _minding_ctrl_c():

        def warn(sentence: str) -> None:
            with display.aside():
                complain(sentence)

        audience = Audience(
            display.show, lambda source, why: warn(f"{source}: waiting: {why}"), trouble=warn, pause=_pause
        )
        request = build_request(options)
        # Ctrl-C may come while one is being printed; the others must end all the same.
        converting = Farm.open().convert(
            sources, request, out, overwrite=overwrite, skip_existing=skip_existing, audience=audience
        )
        with closing(converting) as deliveries:
            for delivery in deliveries:
                done.append(delivery)
                with display.aside():
                    _tell(delivery, quiet=as_json)
    if as_json:
        print_json([d.to_json(worded) for d in sorted(done, key=lambda d: d.place)])
    elif len(done) > 1:
        say(summary_of(done, time.monotonic() - began), err=True)
    if not all(d.is_good for d in done):
        sys.exit(1)


def _tell(delivery: Delivery, *, quiet: bool) -> None:
    if delivery.error is not None:
        complain(f"{delivery.source}: {worded(delivery.error)}")
        return
    if not quiet and delivery.state != "there":
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

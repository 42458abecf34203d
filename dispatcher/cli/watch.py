"""watch: convert whatever arrives in a folder, until told to stop."""

import time
from pathlib import Path
from typing import Any

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.deliveries import print_as_line, tell_delivery
from dispatcher.cli.requesting import build_requests, request_options
from dispatcher.cli.saying import complain, say
from dispatcher.cli.sections import SectionedCommand
from dispatcher.cli.signals import stop_on_signals
from dispatcher.client.converting import Audience
from dispatcher.client.farm import Farm
from dispatcher.client.folder_watch import SETTLE_SECONDS, Watched
from dispatcher.client.wishing import name_like
from dispatcher.wishes.sources import Chosen

#: Seconds between two looks at the folder.
LOOK = 1.0
#: Seconds before the same trouble is told again.
TROUBLE = 60.0


@click.command("watch", cls=SectionedCommand)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="Folder for the results.")
@click.option("--done", type=click.Path(path_type=Path), help="Move recordings here once their results are there.")
@click.option("--failed", type=click.Path(path_type=Path), help="Move recordings here that cannot be converted.")
@click.option(
    "--settle",
    type=click.FloatRange(0.0),
    default=SETTLE_SECONDS,
    show_default=True,
    help="Seconds for which a file must not change before it counts as complete.",
)
@click.option("--include", multiple=True, metavar="PATTERN", help="Only files like this, such as '*.wav'.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="No files or folders like this, such as 'drafts'.")
@click.option("--name", metavar="TEMPLATE", help="What results are called, such as '{folder}/{stem}.{voice}.{ext}'.")
@click.option("--batch", metavar="NAME", help="The batch that all go into; else one called after the folder.")
@request_options
@as_json
def watch_command(folder: Path, *, out: Path, as_json: bool, **options: Any) -> None:
    """Convert whatever recording arrives in a folder, until told to stop.

    What was taken in is known after a restart, and jobs that are open when it ends go on.
    """  # fmt: skip
    (request, *more) = build_requests(options)
    if more:
        raise click.UsageError("a folder is watched for one voice; start another watch for the other")
    watched = Watched(
        folder, Chosen(options["include"], options["exclude"]), options["settle"], options["done"], options["failed"]
    )
    stop = stop_on_signals()

    def pause() -> None:
        if stop.wait(LOOK):
            raise KeyboardInterrupt

    audience = Audience(trouble=_Trouble().tell, pause=pause)
    batch = options["batch"] or f"watch {name_like(folder.absolute().name)}"
    deliveries = Farm.open().watch_folder(watched, request, out, name=options["name"], batch=batch, audience=audience)
    if not as_json:
        say(f"watching {folder}; results go to {out}, and `voicefarm show '{batch}'` says how far they are", err=True)
    try:
        for delivery in deliveries:
            if as_json:
                print_as_line(delivery)
            tell_delivery(delivery, quiet=as_json)
    except KeyboardInterrupt:
        complain("stopped; what is open goes on with the farm, and is fetched when this is started again")


class _Trouble:
    """Says what is wrong, and the same again only after a while."""

    def __init__(self) -> None:
        self._said, self._at = "", float("-inf")

    def tell(self, sentence: str) -> None:
        """Say it, unless it was just said."""
        if sentence != self._said or time.monotonic() - self._at > TROUBLE:
            self._said, self._at = sentence, time.monotonic()
            complain(sentence)

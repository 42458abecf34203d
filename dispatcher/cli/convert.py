"""convert: hand recordings in, watch, fetch the results; all in one command."""

import sys
import time
from contextlib import closing
from typing import Any

import click

from dispatcher.cli.asking import PLACE, as_json
from dispatcher.cli.deliveries import print_deliveries, tell_delivery
from dispatcher.cli.interrupting import minding_ctrl_c, stop_if_interrupted
from dispatcher.cli.plan import dry_run, foretell
from dispatcher.cli.progress import progress_display
from dispatcher.cli.requesting import request_options
from dispatcher.cli.saying import complain, say
from dispatcher.cli.sections import SectionedCommand
from dispatcher.cli.sources import STREAM, find_wishes, source_options, streamed
from dispatcher.cli.summing_up import sum_up
from dispatcher.client.answers import Delivery
from dispatcher.client.converting import Audience
from dispatcher.client.farm import Farm
from dispatcher.wishes.targets import Existing
from storage.objects.address import Place


@click.command("convert", cls=SectionedCommand)
@source_options
@click.option("-o", "--out", type=PLACE, help="File, folder or s3:// for the results, or - for stdout.")
@click.option("--overwrite", is_flag=True, help="Replace results that exist already.")
@click.option("--skip-existing", is_flag=True, help="Leave out recordings whose results exist, even if out of date.")
@request_options
@dry_run
@as_json
def convert_command(*, as_json: bool, dry_run: bool, **options: Any) -> None:
    """Convert recordings, files or whole folders, and wait for the results.

    Results that are up to date, made of the same recording in the same way, are left as they are.
    """
    if dry_run:
        foretell(options, as_json=as_json, existing=_existing(options))
        return
    quiet = as_json or options["out"] == STREAM
    with streamed(options):
        done = _convert(options, quiet=quiet)
    if as_json:
        print_deliveries(done)
    if not all(d.is_good for d in done):
        sys.exit(1)


def _convert(options: dict[str, Any], *, quiet: bool) -> list[Delivery]:
    farm, done, began = Farm.open(), [], time.monotonic()
    wishes, request = find_wishes(farm, options)
    with progress_display(quiet=quiet) as display, minding_ctrl_c():

        def warn(sentence: str) -> None:
            with display.aside():
                complain(sentence)

        def tell(source: Place, found: str) -> None:
            with display.aside():
                say(f"{source}: {found}", err=True)

        audience = Audience(
            display.show, lambda source, why: warn(f"{source}: waiting: {why}"), tell, warn, stop_if_interrupted
        )
        # Ctrl-C may come while one is being printed; the others must end all the same.
        converting = farm.convert(
            wishes, request, options["out"], existing=_existing(options), name=options["name"],
            batch=options["batch"], audience=audience,
        )  # fmt: skip
        with closing(converting) as deliveries:
            for delivery in deliveries:
                done.append(delivery)
                with display.aside():
                    tell_delivery(delivery, quiet=quiet)
    if not quiet:
        sum_up(done, time.monotonic() - began)
    return done


def _existing(options: dict[str, Any]) -> Existing:
    if options["overwrite"]:
        return Existing.REPLACE
    return Existing.KEEP_ALL if options["skip_existing"] else Existing.KEEP_CURRENT

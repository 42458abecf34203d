"""fetch: bring results of submitted recordings here."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from dispatcher.cli.asking import PLACE, as_json
from dispatcher.cli.completing import JOB_OR_BATCH
from dispatcher.cli.deliveries import print_deliveries, tell_delivery
from dispatcher.client.answers import Delivery
from dispatcher.client.farm import Farm
from dispatcher.client.watching import pause_a_moment
from dispatcher.wishes.targets import Existing
from storage.objects.address import Place


@click.command("fetch")
@click.argument("which", nargs=-1, required=True, type=JOB_OR_BATCH)
@click.option("-o", "--out", type=PLACE, help="File, folder or s3:// for the results; else here.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@click.option("--wait", is_flag=True, help="Wait for what is not finished, and fetch each result as it comes.")
@as_json
def fetch_command(
    which: tuple[int | str, ...], *, out: Place | None, overwrite: bool, wait: bool, as_json: bool
) -> None:
    """Bring results of finished jobs, or of whole batches, to files.

    A name that ends in / is a folder, and so is one without an ending.
    """
    farm = Farm.open()
    existing = Existing.REPLACE if overwrite else Existing.KEEP_CURRENT
    done: list[Delivery] = []
    for delivery in _fetched(farm, which, out, existing, wait=wait):
        done.append(delivery)
        tell_delivery(delivery, quiet=as_json, even_there=True)
    if as_json:
        print_deliveries(done)
    if not all(d.is_good for d in done):
        sys.exit(1)


def _fetched(
    farm: Farm, which: tuple[int | str, ...], out: Place | None, existing: Existing, *, wait: bool
) -> Iterator[Delivery]:
    pause = pause_a_moment if wait else None
    jobs = [one for one in which if isinstance(one, int)]
    for one in which:
        if isinstance(one, str):
            yield from farm.batch(one).fetch(out or Path(), existing, pause)
    yield from farm.fetch_all(jobs, out, existing, pause)

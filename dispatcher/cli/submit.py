"""submit: hand recordings in without waiting for them."""

import sys
from typing import Any

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.deliveries import print_deliveries, tell_delivery
from dispatcher.cli.plan import dry_run, foretell
from dispatcher.cli.requesting import request_options
from dispatcher.cli.saying import complain, say
from dispatcher.cli.sections import SectionedCommand
from dispatcher.cli.sources import find_wishes, source_options, streamed
from dispatcher.client.answers import Delivery
from dispatcher.client.farm import Farm


@click.command("submit", cls=SectionedCommand)
@source_options
@request_options
@click.option(
    "--notify",
    metavar="URL",
    help="Address that is told once the job, or the batch of several, has ended; else only the farm's own hooks are.",
)
@dry_run
@as_json
def submit_command(*, as_json: bool, dry_run: bool, **options: Any) -> None:
    """Hand recordings in and print the numbers of their jobs; several make a batch."""
    if dry_run:
        foretell(options, as_json=as_json)
        return
    with streamed(options):
        farm = Farm.open()
        farm.require_broker()
        wishes, request = find_wishes(farm, options)
        taken: list[Delivery] = []
        for one in farm.submit_all(wishes, request, batch=options["batch"], name=options["name"]):
            taken.append(one)
            if one.error is not None:
                tell_delivery(one)
            elif not as_json and one.is_new:
                say(one.job)
    _sum_up(farm, taken)
    if as_json:
        print_deliveries(taken)
    if any(one.job is None for one in taken):
        sys.exit(1)


def _sum_up(farm: Farm, taken: list[Delivery]) -> None:
    jobs = [one for one in taken if one.job is not None]
    if jobs and not farm.is_told:
        which = f"jobs {_numbers(jobs)} start" if len(jobs) > 1 else f"job {jobs[0].job} starts"
        complain(f"{which} once the farm is up")
    if batch := next((one.batch for one in jobs if one.batch), None):
        again = sum(not one.is_new for one in jobs)
        there = f", {again} there already" if again else ""
        complain(f"{len(jobs) - again} handed in{there}; batch '{batch}', which `voicefarm show {batch}` follows")


def _numbers(jobs: list[Delivery]) -> str:
    numbers = sorted(one.job for one in jobs if one.job is not None)
    return f"{numbers[0]}-{numbers[-1]}"

"""What became of recordings, as every command tells it that takes several: in words, and in one form for programs."""

import json
from collections.abc import Iterable

import click

from dispatcher.cli.remedies import worded, worded_remedy
from dispatcher.cli.saying import complain, print_json, say
from dispatcher.client.answers import THERE, Delivery


def tell_delivery(delivery: Delivery, *, quiet: bool = False, even_there: bool = False) -> None:
    """Say where a result went, or why it is missing; `quiet` says only what is wrong. Results that were there before
    are named only if `even_there`.
    """
    is_there = delivery.state == THERE
    if delivery.error is not None:
        complain(f"{delivery.source}: {worded(delivery.error)}")
    elif not quiet and (even_there or not is_there):
        say(f"{delivery.source} -> {delivery.result}{' (there already)' if is_there else ''}")
    if delivery.remark:
        complain(f"{delivery.source}: {delivery.remark}")


def print_deliveries(deliveries: Iterable[Delivery]) -> None:
    """Print them for programs, in the order in which the recordings were named."""
    print_json([one.to_json(worded_remedy) for one in sorted(deliveries, key=lambda one: one.place)])


def print_as_line(delivery: Delivery) -> None:
    """Print one for programs that read while others are still to come."""
    click.echo(json.dumps(delivery.to_json(worded_remedy)))

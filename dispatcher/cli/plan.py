"""plan: what handing recordings in would come to, and the --dry-run of the commands that would do it."""

import sys
import time
from collections.abc import Iterator
from typing import Any

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.printing import print_sections
from dispatcher.cli.remedies import worded, worded_remedy
from dispatcher.cli.requesting import request_options
from dispatcher.cli.saying import complain, print_json, say
from dispatcher.cli.sources import find_wishes, source_options, streamed
from dispatcher.client.farm import Farm
from dispatcher.reports.forecast import ClassAhead, Forecast
from dispatcher.reports.sections import facts_section, table_section
from dispatcher.reports.wording import shown_duration, shown_factor, shown_share
from dispatcher.wishes.targets import Existing

#: Results that are named; the others are counted.
_NAMED = 20
_COLUMNS = ("machines", "speed", "how many", "busy", "ends with one more")

dry_run = click.option("--dry-run", is_flag=True, help="Only say what would be done, and how long it would take.")


@click.command("plan")
@source_options
@request_options
@as_json
def plan_command(*, as_json: bool, **options: Any) -> None:
    """Say how long recordings would take and what holds them up, without handing them in."""
    foretell(options, as_json=as_json)


def foretell(options: dict[str, Any], *, as_json: bool, existing: Existing | None = None) -> None:
    """Print the forecast for recordings; with `existing`, for results that go to files."""
    with streamed(options):
        farm = Farm.open()
        wishes, request = find_wishes(farm, options)
        forecast = farm.forecast(
            wishes, request, options.get("out"), existing=existing, name=options["name"], batch=options["batch"]
        )
    for one in forecast.refused:
        if one.error is not None:
            complain(f"{one.source}: {worded(one.error)}")
    if as_json:
        print_json(forecast.to_json(worded_remedy))
    else:
        _show(forecast)
    if forecast.refused:
        sys.exit(1)


def _show(forecast: Forecast) -> None:
    results = [one for one in forecast.to_results if one.is_to_do]
    for one in results[:_NAMED]:
        say(f"{one.source} -> {one.result}")
    if len(results) > _NAMED:
        say(f"and {len(results) - _NAMED:,} more")
    if results:
        say("")
    print_sections(
        [
            facts_section("", _facts(forecast, time.time())),
            table_section("", _COLUMNS, [_row(one) for one in forecast.classes], words=2),
        ]
    )


def _facts(forecast: Forecast, now: float) -> Iterator[tuple[str, str]]:
    yield "recordings", _counted(forecast)
    yield "sound", shown_duration(forecast.seconds)
    if forecast.recordings_before:
        before = f"{forecast.recordings_before:,} recordings, {shown_duration(forecast.seconds_before)} of sound"
        yield "before them", before
    yield "farm", "" if forecast.is_up else "none is up here; one would be started"
    if forecast.end is None:
        yield "ends", f"not known: {forecast.why_unknown}"
    elif forecast.end:
        moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(now + forecast.end))
        yield "ends", f"after about {shown_duration(forecast.end)}, {moment}"
    yield "decided by", forecast.bottleneck


def _counted(forecast: Forecast) -> str:
    parts = (
        (forecast.up_to_date, "up to date already"),
        (len(forecast.refused), "would be refused"),
        (forecast.unknown_lengths, "of unknown length, for which nothing is counted"),
    )
    return "; ".join([f"{forecast.recordings:,}", *(f"{count:,} {what}" for count, what in parts if count)])


def _row(ahead: ClassAhead) -> tuple[str, ...]:
    speeds = [f"{engine} {shown_factor(speed)}" for engine, speed in ahead.speeds.items()]
    unknown = [f"{engine} never measured, so not counted" for engine in ahead.unmeasured]
    return (
        ahead.machine_class,
        "\n".join([*speeds, *unknown]),
        f"{ahead.machines:,}",
        shown_share(ahead.busy),
        shown_duration(ahead.end_with_one_more),
    )

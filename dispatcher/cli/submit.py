"""submit: hand recordings in and go away."""

import sys
from pathlib import Path
from typing import Any

import click

from dispatcher.cli.opening import Farm, as_json, open_farm
from dispatcher.cli.requesting import build_request, request_options
from dispatcher.cli.saying import complain, print_json, say
from dispatcher.cli.sources import Source, find_sources
from dispatcher.cli.starting import start
from dispatcher.cli.targets import format_for
from dispatcher.farm.broker import require_broker
from dispatcher.jobs.submitting import Conversion, check_request, submit
from storage.errors import InputError, VoicefarmError


@click.command("submit")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@request_options
@as_json
def submit_command(sources: tuple[Path, ...], *, as_json: bool, **options: Any) -> None:
    """Hand recordings in and print the numbers of their jobs."""
    farm = open_farm()
    if not farm.settings.is_embedded:
        require_broker(farm.settings)
    conversion = check_request(
        farm.database, farm.settings, build_request(options, format_for(options["format_"], None))
    )
    taken: list[dict[str, object]] = []
    for source in find_sources(sources):
        entry: dict[str, object] = {"source": str(source.path), "job": None}
        taken.append(entry)
        try:
            entry["job"] = _hand_in(farm, source, conversion)
        except VoicefarmError as error:
            entry["error"] = str(error)
            complain(f"{source.path}: {error}")
    _tell(taken, as_json=as_json)
    if any(entry["job"] is None for entry in taken):
        sys.exit(1)


def _hand_in(farm: Farm, source: Source, conversion: Conversion) -> int:
    if source.error:
        raise InputError(source.error)
    job = submit(farm.database, farm.store, source.path, conversion)
    start(farm, job)
    return job


def _tell(taken: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        print_json(taken)
        return
    for entry in taken:
        if entry["job"] is not None:
            say(entry["job"])

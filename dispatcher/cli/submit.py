"""submit: hand recordings in and go away."""

import sys
from pathlib import Path
from typing import Any

import click

from dispatcher.cli.opening import as_json, open_farm, print_json
from dispatcher.cli.requesting import build_request, request_options
from dispatcher.cli.targets import find_sources, format_for
from dispatcher.jobs.starting import start_split
from dispatcher.jobs.submitting import check_request, submit
from storage.errors import BrokerUnavailable, VoicefarmError


@click.command("submit")
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@request_options
@as_json
def submit_command(sources: tuple[Path, ...], *, as_json: bool, **options: Any) -> None:
    """Hand recordings in and print the numbers of their jobs."""
    farm = open_farm()
    conversion = check_request(
        farm.database, farm.settings, build_request(options, format_for(options["format_"], None))
    )
    taken: list[dict[str, object]] = []
    for source in find_sources(sources):
        try:
            job = submit(farm.database, farm.store, source, conversion)
            taken.append({"source": str(source), "job": job})
            start_split(job)
        except BrokerUnavailable:
            click.echo(f"voicefarm: {source}: job {job} starts once the farm is up", err=True)
        except VoicefarmError as error:
            taken.append({"source": str(source), "job": None, "error": str(error)})
            click.echo(f"voicefarm: {source}: {error}", err=True)
    _tell(taken, as_json=as_json)
    if any(entry["job"] is None for entry in taken):
        sys.exit(1)


def _tell(taken: list[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        print_json(taken)
        return
    for entry in taken:
        if entry["job"] is not None:
            click.echo(entry["job"])

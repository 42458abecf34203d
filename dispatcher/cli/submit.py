"""submit: hand recordings in without waiting for them."""

import sys
from pathlib import Path
from typing import Any

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.remedies import worded
from dispatcher.cli.requesting import build_request, request_options
from dispatcher.cli.saying import complain, print_json, say
from dispatcher.cli.sections import SectionedCommand
from dispatcher.client.farm import Farm
from dispatcher.client.sources import Source, find_sources
from dispatcher.jobs.submitting import CheckedRequest
from storage.errors import VoicefarmError


@click.command("submit", cls=SectionedCommand)
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@request_options
@as_json
def submit_command(sources: tuple[Path, ...], *, as_json: bool, **options: Any) -> None:
    """Hand recordings in and print the numbers of their jobs."""
    farm = Farm.open()
    farm.require_broker()
    checked = farm.check(build_request(options))
    taken: list[dict[str, object]] = []
    for source in find_sources(sources):
        entry: dict[str, object] = {"source": str(source.path), "job": None}
        taken.append(entry)
        try:
            entry["job"] = _hand_in(farm, source, checked)
        except VoicefarmError as error:
            entry["error"] = worded(error)
            complain(f"{source.path}: {worded(error)}")
    if as_json:
        print_json(taken)
    else:
        for job in (entry["job"] for entry in taken if entry["job"] is not None):
            say(job)
    if any(entry["job"] is None for entry in taken):
        sys.exit(1)


def _hand_in(farm: Farm, source: Source, checked: CheckedRequest) -> int:
    if source.error:
        raise source.error
    submitted = farm.submit(source.path, checked)
    if not submitted.is_told:
        complain(f"job {submitted.job} starts once the farm is up")
    return submitted.job

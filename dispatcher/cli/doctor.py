"""doctor: what is wrong with this machine's part of the farm, and how to mend it."""

import sys

import click

from dispatcher.cli.opening import as_json, print_json
from dispatcher.farm.checks import examine
from storage.settings import Settings


@click.command("doctor")
@as_json
def doctor_command(*, as_json: bool) -> None:
    """Check settings, broker, database, object store, disk, device and engines."""
    settings = Settings.load()
    findings = list(examine(settings))
    if as_json:
        print_json([{"what": f.what, "ok": f.ok, "said": f.said} for f in findings])
    else:
        for finding in findings:
            click.echo(f"{'ok  ' if finding.ok else 'BAD '} {finding.what:<14} {finding.said}")
    if not all(f.ok for f in findings):
        sys.exit(1)

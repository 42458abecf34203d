"""doctor: what is wrong with this machine's part of the farm, and how to mend it."""

import os
import sys
from collections.abc import Iterator

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.debugging import print_traceback
from dispatcher.cli.remedies import worded_remedy
from dispatcher.cli.saying import print_json, say
from dispatcher.local.finding import Finding
from storage.errors import SettingsError
from storage.settings import Settings

_MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


@click.command("doctor")
@as_json
def doctor_command(*, as_json: bool) -> None:
    """Check settings, broker, database, object store, disk, device and engines; exit status 1 if anything is bad.

    It only looks: nothing is created or upgraded. A note is worth knowing but not a fault.
    """
    findings = []
    for finding in _examine():
        findings.append(finding)
        if not as_json:
            tell_finding(finding)
    if as_json:
        print_json([f.to_json(worded_remedy) for f in findings])
    if not all(f.ok for f in findings):
        sys.exit(1)


def tell_finding(finding: Finding) -> None:
    """One line for people."""
    say(f"{_MARKS[finding.severity]} {finding.what:<14} {finding.told(worded_remedy)}")


def _examine() -> Iterator[Finding]:
    try:
        settings = Settings.load()
    except SettingsError as error:
        yield Finding("settings", ok=False, said=error.sentence, remedies=error.remedies)
        return
    # If the settings cannot be read, much of what follows cannot even be imported.
    from dispatcher.client.farm import Farm

    yield from Farm(settings).examine(print_traceback if os.environ.get("VOICEFARM_DEBUG") else None)

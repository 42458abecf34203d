"""doctor: what is wrong with this machine's part of the farm, and how to mend it."""

import os
import sys
from collections.abc import Iterator

import click

from dispatcher.cli.debugging import print_traceback
from dispatcher.cli.opening import as_json
from dispatcher.cli.saying import print_json, say
from dispatcher.farm.finding import Finding
from storage.errors import SettingsError
from storage.settings import Settings

_MARKS = {"ok": "ok  ", "note": "note", "bad": "BAD "}


@click.command("doctor")
@as_json
def doctor_command(*, as_json: bool) -> None:
    """Check settings, broker, database, object store, disk, device and engines; exit status 1 if anything is bad.

    It only looks: nothing is made or upgraded. A note is something to know, and no fault.
    """
    findings = []
    for finding in _examine():
        findings.append(finding)
        if not as_json:
            say(f"{_MARKS[finding.severity]} {finding.what:<14} {finding.said}")
    if as_json:
        print_json([{"what": f.what, "severity": f.severity, "ok": f.ok, "said": f.said} for f in findings])
    if not all(f.ok for f in findings):
        sys.exit(1)


def _examine() -> Iterator[Finding]:
    try:
        settings = Settings.load()
    except SettingsError as error:
        yield Finding("settings", ok=False, said=str(error))
        return
    # With settings that cannot be read, much of what follows cannot even be imported.
    from dispatcher.farm.checks import examine

    yield from examine(settings, print_traceback if os.environ.get("VOICEFARM_DEBUG") else None)

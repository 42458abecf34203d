"""audition: hear a stretch of a recording in several voices and settings before a whole batch is converted."""

import sys
from pathlib import Path
from typing import Any

import click

from dispatcher.cli.asking import as_json, read_assignments
from dispatcher.cli.completing import VOICE
from dispatcher.cli.deliveries import print_deliveries
from dispatcher.cli.interrupting import minding_ctrl_c, stop_if_interrupted
from dispatcher.cli.printing import print_table
from dispatcher.cli.progress import progress_display
from dispatcher.cli.remedies import worded
from dispatcher.cli.saying import complain, say
from dispatcher.client.answers import Delivery
from dispatcher.client.auditioning import PAGE
from dispatcher.client.converting import Audience
from dispatcher.client.farm import Farm
from dispatcher.wishes.combinations import combinations, moment_in
from workers.engines.setting import written_value


@click.command("audition")
@click.argument("recording", type=click.Path(path_type=Path))
@click.option("--voice", "voices", multiple=True, required=True, type=VOICE, help="Voices, separated by commas.")
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE,…", help="A setting, in several values; repeatable.")
@click.option("--at", default="0", show_default=True, metavar="TIME", help="Where the stretch begins, such as 1:30.")
@click.option("--seconds", type=click.FloatRange(0.5, 600), default=15.0, show_default=True, help="How long it is.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for the takes; else beside the recording.")
@as_json
def audition_command(
    recording: Path,
    *,
    voices: tuple[str, ...],
    sets: tuple[str, ...],
    at: str,
    seconds: float,
    out: Path | None,
    as_json: bool,
) -> None:
    """Convert the same stretch in every combination of voices and settings, with a page to listen to them."""
    grid = {name: str(values).split(",") for name, values in read_assignments(sets, "--set").items()}
    wanted = combinations(voices, {name: [written_value(v) for v in values] for name, values in grid.items()})
    folder = out or recording.with_name(f"{recording.stem}.audition")
    done: list[Delivery] = []
    with progress_display(quiet=as_json) as display, minding_ctrl_c():
        audience = Audience(display.show, trouble=complain, pause=stop_if_interrupted)
        for delivery in Farm.open().audition(recording, wanted, moment_in(at), seconds, folder, audience):
            done.append(delivery)
            if delivery.error is not None:
                with display.aside():
                    complain(f"{delivery.voice}: {worded(delivery.error)}")
    if as_json:
        print_deliveries(done)
    else:
        rows = [
            (wanted[d.place].voice, _settings(wanted[d.place].settings), d.result.name if d.result else d.state)
            for d in sorted(done, key=lambda d: d.place)
        ]
        print_table(("voice", "settings", "take"), rows)
        say(f"listen to them in {folder / PAGE}")
    if not all(d.is_good for d in done):
        sys.exit(1)


def _settings(settings: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())

"""up: a whole farm on this machine until Ctrl-C."""

import time
from dataclasses import replace

import click

from dispatcher.cli.remedies import worded
from dispatcher.cli.saying import say
from dispatcher.cli.serve import STUDIOS
from dispatcher.cli.signals import Stop, stop_on_signals
from dispatcher.cli.status_line import StatusLine
from dispatcher.client.farm import Farm
from dispatcher.local.crew import Crew, crew_for, engines_here, this_machine
from dispatcher.local.embedded import EmbeddedFarm, embedded_farm
from dispatcher.local.flower import has_flower, password_file
from dispatcher.local.private_state import serve_privately
from storage.errors import InputError, VoicefarmError
from storage.settings import Settings

#: Seconds between two looks at how the farm is doing.
_EVERY = 2.0


@click.command("up")
@click.option("--workers", type=int, help="Worker processes; else as many as the machine can use.")
@click.option("--studios", type=click.IntRange(1), help=STUDIOS)
@click.option("--flower/--no-flower", default=True, help="Serve Flower on loopback.")
def up_command(workers: int | None, studios: int | None, *, flower: bool) -> None:
    """Run a whole farm on this machine until Ctrl-C: broker, dispatcher, workers, Flower."""
    farm = Farm.open()
    if studios:
        farm = Farm(replace(farm.settings, studios=studios))
    crew = crew_for(this_machine(), engines_here(), asked=workers or farm.settings.workers)
    _serve(farm, crew, with_flower=flower)


def _serve(farm: Farm, crew: Crew, *, with_flower: bool) -> None:
    settings = farm.settings
    if not settings.is_embedded:
        raise InputError(
            "`voicefarm up` brings a private broker, but VOICEFARM_BROKER_URL names one; unset it,"
            " or start `voicefarm dispatcher` and `voicefarm worker` on that farm"
        )
    if with_flower and not has_flower():
        say("Flower is not installed, so the farm goes without; `pip install 'voicefarm[flower]'` brings it", err=True)
        with_flower = False
    serve_privately(settings)
    stop = stop_on_signals()
    line = StatusLine()
    with embedded_farm(settings, crew, with_flower=with_flower, tell=line.complain) as hosted:
        if not hosted.is_host:
            raise InputError(f"a farm is up already in {settings.state_folder}; use it, or set VOICEFARM_STATE")
        _tell(settings, hosted)
        _watch(farm, line, stop)
        line.show("stopping")
    line.show("")
    if left := farm.pulse(time.time()).open_jobs:
        say(f"{left} job{' is' if left == 1 else 's are'} left open; the work goes on when the farm is up again")


def _watch(farm: Farm, line: StatusLine, stop: Stop) -> None:
    """Show how the farm is doing, and tell of jobs that fail, until it is told to stop."""
    told_until = time.time()
    while True:
        try:
            pulse = farm.pulse(told_until)
        except VoicefarmError as error:
            # The records may be busy or away for a moment; the farm itself waits for them too.
            line.show(worded(error))
        else:
            for failed in pulse.failed:
                line.complain(f"job {failed.id} ({failed.name}) failed: {failed.reason}")
            told_until = max([told_until, *(failed.ended_at for failed in pulse.failed)])
            line.show(pulse.line)
        if stop.wait(_EVERY):
            return


def _tell(settings: Settings, farm: EmbeddedFarm) -> None:
    crew = farm.crew
    say(
        f"the farm is up with {crew.size} workers of {crew.threads} threads each; what it keeps and its logs are in"
        f" {settings.state_folder}"
    )
    if farm.with_flower:
        place = "that of VOICEFARM_FLOWER_PASSWORD" if settings.flower_password else f"in {password_file(settings)}"
        say(f"Flower: http://127.0.0.1:{farm.flower_port} (user voicefarm, password {place})")
    say("`voicefarm submit`, `jobs`, `workers` and `report` use it from other terminals; Ctrl-C ends it")

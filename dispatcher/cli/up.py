"""up: a whole farm on this machine until Ctrl-C."""

import click

from dispatcher.cli.saying import complain
from dispatcher.cli.signals import stop_on_signals
from dispatcher.client.farm import Farm
from dispatcher.local.crew import Crew, crew_for, engines_here, this_machine
from dispatcher.local.embedded import EmbeddedFarm, embedded_farm
from dispatcher.local.flower import has_flower, password_file
from dispatcher.local.private_state import serve_privately
from storage.errors import InputError
from storage.settings import Settings


@click.command("up")
@click.option("--workers", type=int, help="Worker processes; else as many as the machine can use.")
@click.option("--flower/--no-flower", default=True, help="Serve Flower on loopback.")
def up_command(workers: int | None, *, flower: bool) -> None:
    """Run a whole farm on this machine until Ctrl-C: broker, dispatcher, workers, Flower."""
    settings = Farm.open().settings
    crew = crew_for(this_machine(), engines_here(), asked=workers or settings.workers)
    _serve(settings, crew, with_flower=flower)


def _serve(settings: Settings, crew: Crew, *, with_flower: bool) -> None:
    if not settings.is_embedded:
        raise InputError(
            "`voicefarm up` brings a private broker, but VOICEFARM_BROKER_URL names one; unset it,"
            " or start `voicefarm dispatcher` and `voicefarm worker` on that farm"
        )
    if with_flower and not has_flower():
        click.echo(
            "Flower is not installed, so the farm goes without; `pip install 'voicefarm[flower]'` brings it", err=True
        )
        with_flower = False
    serve_privately(settings)
    stop = stop_on_signals()
    with embedded_farm(settings, crew, with_flower=with_flower, tell=complain) as farm:
        if not farm.is_host:
            raise InputError(f"a farm is up already in {settings.state_folder}; use it, or set VOICEFARM_STATE")
        _tell(settings, farm)
        stop.wait()


def _tell(settings: Settings, farm: EmbeddedFarm) -> None:
    crew = farm.crew
    click.echo(
        f"the farm is up with {crew.size} workers of {crew.threads} threads each; what it keeps and its logs are in"
        f" {settings.state_folder}"
    )
    if farm.with_flower:
        place = "that of VOICEFARM_FLOWER_PASSWORD" if settings.flower_password else f"in {password_file(settings)}"
        click.echo(f"Flower: http://127.0.0.1:{farm.flower_port} (user voicefarm, password {place})")
    click.echo("`voicefarm submit`, `jobs`, `workers` and `report` use it from other terminals; Ctrl-C ends it")

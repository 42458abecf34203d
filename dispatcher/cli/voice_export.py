"""voice export: a voice with its models, as programs elsewhere load them."""

from pathlib import Path
from threading import Event

import click

from dispatcher.cli.opening import open_farm
from dispatcher.cli.saying import say
from dispatcher.jobs.voice_settings import job_settings
from dispatcher.jobs.voices import find_voice
from dispatcher.models.exporting import export_for_mlx_swift
from dispatcher.models.needed import complete_recipe
from storage.errors import InputError
from workers.engines.rvc.entry import FAMILY
from workers.engines.rvc.package import ENCODER, PITCH, VOICE
from workers.packages import Packages

#: Fields of a recipe that hold packages, with their kinds and the folders that they are written to.
_PARTS = (("package", VOICE, "voice"), ("encoder", ENCODER, "encoder"), ("pitch_model", PITCH, "pitch"))


@click.command("export")
@click.argument("name")
@click.option("--for", "program", type=click.Choice(["mlx-swift"]), default="mlx-swift", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A folder to make; else NAME beside you.")
def export_voice(name: str, program: str, output: Path | None) -> None:  # noqa: ARG001 - there is one program yet
    """Write a trained voice and the models it needs for an app that converts on an Apple device."""
    farm = open_farm()
    voice = find_voice(farm.database, name)
    if voice.engine != FAMILY.name:
        raise InputError(f"the voice '{name}' is made by rule and has no tensors to export; only RVC voices have")
    recipe = complete_recipe(farm.database, voice, job_settings(voice, {}))
    packages = Packages.of(farm.settings, farm.store, Event())
    out = output or Path(name)
    for field, kind, folder in _PARTS:
        if field in recipe:
            export_for_mlx_swift(packages.folder(str(recipe[field]), kind), out / folder)
    say(f"voice '{name}' is written to {out}")

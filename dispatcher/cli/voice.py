"""voice: the voices there are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from dispatcher.cli.asking import as_json, read_assignments
from dispatcher.cli.completing import ADDED_VOICE, VOICE, OneOf
from dispatcher.cli.printing import print_table
from dispatcher.cli.requesting import ASSIGNMENTS
from dispatcher.cli.saying import print_facts, print_json, say
from dispatcher.cli.usage import Commands
from dispatcher.client.farm import Farm
from dispatcher.voices.adding import VoiceFile
from dispatcher.voices.voices import KnownVoice
from workers.engines import catalog
from workers.engines.voice_files import OptionForm

F = TypeVar("F", bound=Callable[..., Any])

_TYPES = {OptionForm.PATH: click.Path(path_type=Path), OptionForm.COUNT: click.IntRange(1), OptionForm.WHOLE: click.INT}


def file_options(command: F) -> F:
    """Add the options that engines declare for voice files."""
    for option in reversed(catalog.engine_of_files()[1].options):
        command = click.option(f"--{option.name.replace('_', '-')}", type=_TYPES[option.form], help=option.help)(
            command
        )
    return command


@click.group("voice", cls=Commands)
def voice_command() -> None:
    """List, show, add, export and remove voices."""


@voice_command.command("list")
@as_json
def list_voices(*, as_json: bool) -> None:
    """List all voices."""
    voices = Farm.open().voices()
    if as_json:
        print_json([v.to_json() for v in voices])
        return
    rows = [(v.name, v.called, f"{v.rate} Hz", "built in" if v.built_in else "added", _in_one_line(v)) for v in voices]
    print_table(("voice", "engine", "rate", "", "recipe"), rows, dispensable=("rate", "", "engine"))


@voice_command.command("show")
@click.argument("name", type=VOICE)
@as_json
def show_voice(name: str, *, as_json: bool) -> None:
    """Show all that is known of one voice."""
    voice = Farm.open().voice(name)
    if as_json:
        print_json(voice.to_json())
    else:
        print_facts([("voice", voice.name), ("engine", voice.called), ("rate", f"{voice.rate} Hz"), *_facts(voice)])


@voice_command.command("add")
@click.argument("name")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@file_options
@click.option("--like", type=VOICE, help="Without FILE: the voice to start from; else `plain`.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="A change of its recipe; may be repeated.")
@click.option(
    "--default", "presets", multiple=True, type=ASSIGNMENTS,
    help="A setting that jobs with this voice have unless they say otherwise; may be repeated.",
)  # fmt: skip
def add_voice_command(
    name: str, file: Path | None, *, like: str | None, changes: tuple[str, ...], presets: tuple[str, ...], **said: Any
) -> None:
    """Add a voice: a trained one from FILE (.pth), or one that differs from another in a few numbers, such as
    `--like deep --set pitch=3`.
    """
    farm = Farm.open()
    defaults, changed = read_assignments(presets, "--default"), read_assignments(changes, "--set")
    options = {option: value for option, value in said.items() if value is not None}
    if file is None:
        for option in options:
            raise click.UsageError(f"--{option.replace('_', '-')} goes with the FILE of a trained voice; name that too")
        voice = farm.change_voice(name, like, changed, defaults)
    else:
        for given, option in ((like, "--like"), (changes, "--set")):
            if given:
                raise click.UsageError(
                    f"{option} goes with built-in voices, not with a FILE; --default sets its settings"
                )
        voice = farm.add_voice(name, VoiceFile(file, options), defaults)
    say(f"voice '{voice.name}' is added")


@voice_command.command("export")
@click.argument("name", type=ADDED_VOICE)
@click.option(
    "--for", "program", type=OneOf(catalog.engine_of_files()[1].programs), show_default=True,
    default=catalog.engine_of_files()[1].programs[0], help="The app that it is for.",
)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A folder to make; else NAME beside you.")
def export_voice_command(name: str, program: str, output: Path | None) -> None:
    """Write a trained voice and the models it needs for an app that converts on an Apple device."""
    out = output or Path(name)
    Farm.open().export_voice(name, program, out)
    say(f"voice '{name}' is written to {out}")


@voice_command.command("remove")
@click.argument("name", type=ADDED_VOICE)
def remove_voice_command(name: str) -> None:
    """Remove a voice that was added."""
    Farm.open().remove_voice(name)
    say(f"voice '{name}' is removed")


def _in_one_line(voice: KnownVoice) -> str:
    return ", ".join(f"{name} {value}" for name, value in _facts(voice) if name not in ("package", "speaker"))


def _facts(voice: KnownVoice) -> list[tuple[str, object]]:
    """What the recipe says, name by name, and the voice's own settings."""
    settings = " ".join(f"{name}={value}" for name, value in voice.told_defaults.items())
    return [*voice.shown, *([("settings", settings)] if settings else [])]

"""voice: the voices there are."""

import click

from dispatcher.cli.opening import as_json, open_farm, print_json
from dispatcher.cli.tables import print_facts, print_table
from dispatcher.jobs.voices import KnownVoice, add_voice, all_voices, find_voice, remove_voice


@click.group("voice")
def voice_command() -> None:
    """List, show, add and remove voices."""


@voice_command.command("list")
@as_json
def list_voices(*, as_json: bool) -> None:
    """List all voices."""
    voices = all_voices(open_farm().database)
    if as_json:
        print_json([_plain(v) for v in voices])
        return
    rows = [(v.name, v.engine, f"{v.rate} Hz", "built in" if v.built_in else "added", _recipe(v)) for v in voices]
    print_table(("voice", "engine", "rate", "", "recipe"), rows)


@voice_command.command("show")
@click.argument("name")
@as_json
def show_voice(name: str, *, as_json: bool) -> None:
    """Show one voice's recipe."""
    voice = find_voice(open_farm().database, name)
    if as_json:
        print_json(_plain(voice))
    else:
        print_facts(
            [("voice", voice.name), ("engine", voice.engine), ("rate", f"{voice.rate} Hz"), *voice.recipe.items()]
        )


@voice_command.command("add")
@click.argument("name")
@click.option("--like", default="plain", show_default=True, help="The voice to start from.")
@click.option("--set", "changes", multiple=True, metavar="NAME=NUMBER", help="A change of its recipe; may be repeated.")
def add_voice_command(name: str, like: str, changes: tuple[str, ...]) -> None:
    """Add a voice that differs from another in a few numbers, such as `--set pitch_semitones=3`."""
    farm = open_farm()
    model = find_voice(farm.database, like)
    add_voice(farm.database, name, model.engine, {**model.recipe, **_read(changes)})
    click.echo(f"voice '{name}' is added")


@voice_command.command("remove")
@click.argument("name")
def remove_voice_command(name: str) -> None:
    """Remove a voice that was added."""
    remove_voice(open_farm().database, name)
    click.echo(f"voice '{name}' is removed")


def _read(changes: tuple[str, ...]) -> dict[str, float]:
    read = {}
    for change in changes:
        key, _, value = change.partition("=")
        try:
            read[key.strip()] = float(value)
        except ValueError as error:
            raise click.BadParameter(f"'{change}' is not NAME=NUMBER", param_hint="--set") from error
    return read


def _plain(voice: KnownVoice) -> dict[str, object]:
    return {
        "name": voice.name,
        "engine": voice.engine,
        "rate": voice.rate,
        "built_in": voice.built_in,
        "recipe": dict(voice.recipe),
    }


def _recipe(voice: KnownVoice) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in voice.recipe.items())

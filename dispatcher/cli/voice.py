"""voice: the voices there are."""

from pathlib import Path
from typing import Any

import click

from dispatcher.cli.assignments import read_assignments
from dispatcher.cli.opening import Farm, as_json, open_farm
from dispatcher.cli.saying import print_json, say
from dispatcher.cli.tables import print_facts, print_table
from dispatcher.cli.voice_export import export_voice
from dispatcher.cli.voice_facts import kind_of, shown_facts, shown_recipe
from dispatcher.jobs.voice_settings import checked_presets
from dispatcher.jobs.voices import KnownVoice, add_voice, all_voices, find_voice, remove_voice
from dispatcher.models.usage import delete_if_unused, refuse_if_in_use
from storage.errors import InputError


@click.group("voice")
def voice_command() -> None:
    """List, show, add, export and remove voices."""


voice_command.add_command(export_voice)


@voice_command.command("list")
@as_json
def list_voices(*, as_json: bool) -> None:
    """List all voices."""
    voices = all_voices(open_farm().database)
    if as_json:
        print_json([_plain(v) for v in voices])
        return
    rows = [
        (v.name, kind_of(v), f"{v.rate} Hz", "built in" if v.built_in else "added", shown_recipe(v)) for v in voices
    ]
    print_table(("voice", "engine", "rate", "", "recipe"), rows)


@voice_command.command("show")
@click.argument("name")
@as_json
def show_voice(name: str, *, as_json: bool) -> None:
    """Show all that is known of one voice."""
    voice = find_voice(open_farm().database, name)
    if as_json:
        print_json(_plain(voice))
    else:
        print_facts([("voice", voice.name), ("engine", kind_of(voice)), ("rate", f"{voice.rate} Hz"),
                     *shown_facts(voice)])  # fmt: skip


@voice_command.command("add")
@click.argument("name")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--index", type=click.Path(path_type=Path), help="The voice's .index, which makes it sound more alike.")
@click.option("--most-vectors", type=click.IntRange(1), help="Keep no more vectors of a large index than these.")
@click.option("--rate", type=int, help="Hertz, where a training checkpoint (G_….pth) does not show it.")
@click.option("--like", help="Without FILE: the voice to start from; else `plain`.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="A change of its recipe; may be repeated.")
@click.option(
    "--default", "presets", multiple=True, metavar="NAME=VALUE",
    help="A setting that jobs with this voice have unless they say otherwise; may be repeated.",
)  # fmt: skip
def add_voice_command(name: str, file: Path | None, **options: Any) -> None:
    """Add a voice: an RVC voice from FILE (.pth), or one that differs from another in a few numbers, such as
    `--like deep --set pitch_semitones=3`.
    """
    farm = open_farm()
    presets = read_assignments(options["presets"], "--default")
    changes = read_assignments(options["changes"], "--set")
    if file is None:
        voice = _changed(farm, name, options, changes, presets)
    else:
        voice = _from_file(farm, name, file, options, presets)
    say(f"voice '{voice.name}' is added")


@voice_command.command("remove")
@click.argument("name")
def remove_voice_command(name: str) -> None:
    """Remove a voice that was added."""
    farm = open_farm()
    package = find_voice(farm.database, name).recipe.get("package")
    if package:
        refuse_if_in_use(farm.database, package, f"the voice '{name}'")
    remove_voice(farm.database, name)
    if package:
        delete_if_unused(farm.database, farm.store, package)
    say(f"voice '{name}' is removed")


def _from_file(farm: Farm, name: str, file: Path, options: dict[str, Any], presets: dict[str, Any]) -> KnownVoice:
    for option in ("like", "changes"):
        if options[option]:
            given = {"like": "--like", "changes": "--set"}[option]
            raise click.UsageError(f"{given} goes with built-in voices, not with a FILE; --default sets its settings")
    # Reading such files takes what only this command needs.
    from dispatcher.models.adding import Adding, VoiceFile

    adding = Adding(farm.database, farm.store, farm.settings.scratch_folder)
    return adding.voice(name, VoiceFile(file, options["index"], options["most_vectors"], options["rate"]), presets)


def _changed(
    farm: Farm, name: str, options: dict[str, Any], changes: dict[str, Any], presets: dict[str, Any]
) -> KnownVoice:
    for option in ("index", "most_vectors", "rate"):
        if options[option] is not None:
            raise click.UsageError(f"--{option.replace('_', '-')} goes with the FILE of an RVC voice; name that too")
    model = find_voice(farm.database, options["like"] or "plain")
    if changes and "package" in model.recipe:
        raise InputError(f"the voice '{model.name}' came from a file, so it has no numbers to change; use --default")
    defaults = {**model.defaults, **checked_presets(model.engine, model.recipe, presets)}
    return add_voice(farm.database, name, model.engine, {**model.recipe, **changes, "defaults": defaults})


def _plain(voice: KnownVoice) -> dict[str, object]:
    return {
        "name": voice.name,
        "engine": voice.engine,
        "rate": voice.rate,
        "built_in": voice.built_in,
        "recipe": dict(voice.recipe),
    }

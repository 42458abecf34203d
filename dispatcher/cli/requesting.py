"""The options that say what a conversion should be, shared by convert and submit."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from dispatcher.cli.assignments import read_assignments
from dispatcher.jobs.request import PRIORITIES, Request
from storage.errors import InputError

F = TypeVar("F", bound=Callable[..., Any])

#: Settings of a voice that have an option; which of them a voice knows is its engine's own matter.
_SETTINGS = [
    click.option("--pitch", type=float, help="Semitones up or down, on top of the voice's own."),
    click.option("--formant", type=float, help="WORLD: formant ratio, above 1 a smaller throat; RVC: semitones."),
    click.option("--breath", type=float, help="WORLD: breath to add, 0 to 1."),
    click.option("--index-rate", type=float, help="RVC: how much is taken from the voice's index, 0 to 1."),
    click.option("--protect", type=float, help="RVC: how far unvoiced sounds are kept from the index; 0.5 is off."),
    click.option("--pitch-method", help="RVC: rmvpe, harvest, dio or swift-f0."),
    click.option("--autotune", type=float, help="RVC: how far the pitch is drawn to notes, 0 to 1."),
    click.option("--unvoiced", help="RVC: the pitch of unvoiced sounds, zero or interpolate."),
    click.option("--loudness-mix", type=float, help="RVC: 1 keeps the result's loudness, 0 takes the recording's."),
    click.option("--speaker", help="RVC: number or name, in a voice of several."),
    click.option("--pauses", help="RVC: pauses of the recording, converted or silent."),
    click.option("--precision", help="RVC: auto, fp32, bf16 or fp16."),
    click.option("--quality", help="RVC: fast, balanced or quality."),
    click.option("--seed", type=int, help="Seed of all randomness; the same seed, the same sound."),
]
_SETTING_NAMES = ("pitch", "formant", "breath", "index_rate", "protect", "pitch_method", "autotune", "unvoiced",
                  "loudness_mix", "speaker", "pauses", "precision", "quality", "seed")  # fmt: skip

_OPTIONS = [
    click.option("--voice", required=True, help="Voice to convert into; `voicefarm voice list` shows them."),
    *_SETTINGS,
    click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="Any setting of the voice, by its name."),
    click.option("--require", multiple=True, metavar="TAG", help="Only workers that offer this tag; may be repeated."),
    click.option("--priority", type=click.Choice(list(PRIORITIES)), default="normal", show_default=True),
    click.option("--format", "format_", help="wav, flac, mp3, ogg, opus or m4a; else by the output's name, else wav."),
    click.option("--rate", type=int, help="Sample rate of the result; else the voice's own."),
    click.option("--allow-truncated", is_flag=True, help="Convert what is there of a file that ends too early."),
]


def request_options(command: F) -> F:
    """Add all options of a request to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def build_request(options: dict[str, Any], format_: str) -> Request:
    """A request from a command's options; what was left alone is left out, so that every engine accepts it."""
    return Request(
        voice=options["voice"],
        settings=_settings(options),
        require=frozenset(options["require"]),
        priority=PRIORITIES[options["priority"]],
        format=format_,
        rate=options["rate"],
        allow_truncated=options["allow_truncated"],
    )


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    named = {name: options[name] for name in _SETTING_NAMES if options[name] is not None}
    if (speaker := named.get("speaker", "")).isdecimal():
        named["speaker"] = int(speaker)
    others = read_assignments(options["sets"], "--set")
    if twice := sorted(named.keys() & others.keys()):
        raise InputError(f"{twice[0]} is given twice, as an option and with --set; leave one away")
    return {**named, **others}

"""The options that say what a conversion should be, shared by convert and submit."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from dispatcher.jobs.request import PRIORITIES, Request

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = [
    click.option("--voice", required=True, help="Voice to convert into; `voicefarm voice list` shows them."),
    click.option("--pitch", type=float, default=0.0, help="Semitones up or down, on top of the voice's own."),
    click.option("--formant", type=float, default=1.0, help="Formant ratio: above 1 a smaller throat."),
    click.option("--breath", type=float, default=0.0, help="Breath to add, 0 to 1."),
    click.option("--seed", type=int, default=0, help="Seed of all randomness; the same seed, the same sound."),
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
    defaults = {"pitch": 0.0, "formant": 1.0, "breath": 0.0}
    settings = {name: options[name] for name, default in defaults.items() if options[name] != default}
    return Request(
        voice=options["voice"],
        settings={**settings, "seed": options["seed"]},
        require=frozenset(options["require"]),
        priority=PRIORITIES[options["priority"]],
        format=format_,
        rate=options["rate"],
        allow_truncated=options["allow_truncated"],
    )

"""The options that describe a conversion, shared by convert and submit."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from dispatcher.cli.asking import read_assignments
from dispatcher.jobs.request import PRIORITIES, Request
from storage.audio.depth import DEPTHS
from storage.errors import InputError
from workers.engines import catalog
from workers.engines.engine import Engine
from workers.engines.setting import Form, Setting

F = TypeVar("F", bound=Callable[..., Any])

#: How a setting's value is parsed. Choices are plain text, because the engine's own error lists them best.
_TYPES: dict[Form, type] = {Form.NUMBER: float, Form.WHOLE: int, Form.CHOICE: str, Form.NAME: str, Form.SEED: int}


def _by_name() -> dict[str, list[tuple[Engine, Setting]]]:
    """Every setting that an engine declares, under its public name."""
    named: dict[str, list[tuple[Engine, Setting]]] = {}
    for engine in catalog.engines():
        for setting in engine.settings:
            named.setdefault(setting.common_name, []).append((engine, setting))
    return named


_NAMED = _by_name()


def _option(name: str) -> Callable[[F], F]:
    helps = {engine.title: setting.help for engine, setting in _NAMED[name]}
    alike = len(set(helps.values())) == 1 and len(helps) > 1
    said = next(iter(helps.values())) if alike else "; ".join(f"{title}: {help_}" for title, help_ in helps.items())
    return click.option(f"--{name.replace('_', '-')}", type=_TYPES[_NAMED[name][0][1].form],
                        help=f"{said[0].upper()}{said[1:]}.")  # fmt: skip


_OPTIONS = [
    click.option("--voice", "voices", multiple=True, help="Voice to convert into; with several, a result for each."),
    *(_option(name) for name in _NAMED),
    click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="Any setting of the voice, by its name."),
    click.option("--require", multiple=True, metavar="TAG", help="Only workers that offer this tag; may be repeated."),
    click.option("--priority", type=click.Choice(list(PRIORITIES)), default="normal", show_default=True),
    click.option("--format", "format_", metavar="FORMAT",
                 help="wav, flac, mp3, ogg, opus or m4a, or mp4, mov, mkv or webm to keep a film's pictures; else by"
                      " the output's name, else wav."),
    click.option("--depth", type=click.Choice(DEPTHS), help="Depth of the samples in wav and flac; else the source's."),
    click.option("--rate", type=int, help="Sample rate of the result; else the voice's own."),
    click.option(
        "--channels",
        default="mix",
        show_default=True,
        help="Which of a recording's channels: mix, left, right, each by itself, or a number from 1.",
    ),
    click.option("--track", type=click.IntRange(min=1), default=1, show_default=True,
                 help="Which of the recording's tracks of sound is converted."),
    click.option("--keep-original", is_flag=True, help="Keep a film's own sound beside the converted."),
    click.option("--allow-truncated", is_flag=True, help="Convert what is there of a file that ends too early."),
]  # fmt: skip


def request_options(command: F) -> F:
    """Add all options of a request to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def build_requests(options: dict[str, Any], *, voice_is_told: bool = False) -> list[Request]:
    """A request for each voice; options not given are left out, so that every engine accepts it.

    Where the voice may be told elsewhere, one without a voice is enough.
    """
    voices = tuple(dict.fromkeys(options["voices"]))
    if not voices and not voice_is_told:
        raise click.UsageError("name the voice with --voice; `voicefarm voice list` shows those there are")
    settings = _settings(options)
    return [_request(voice, settings, options) for voice in voices or ("",)]


def _request(voice: str, settings: dict[str, Any], options: dict[str, Any]) -> Request:
    return Request(
        voice=voice,
        settings=settings,
        require=frozenset(options["require"]),
        priority=PRIORITIES[options["priority"]],
        format=options["format_"],
        rate=options["rate"],
        channels=options["channels"],
        allow_truncated=options["allow_truncated"],
        depth=options["depth"],
        track=options["track"] - 1,
        keep_original=options["keep_original"],
    )


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    named = {name: options[name] for name in _NAMED if options[name] is not None}
    if (speaker := named.get("speaker", "")).isdecimal():
        named["speaker"] = int(speaker)
    others = read_assignments(options["sets"], "--set")
    if twice := sorted(named.keys() & others.keys()):
        raise InputError(f"{twice[0]} is given twice, as an option and with --set; leave one out")
    return {**named, **others}

"""The options that describe a conversion, shared by convert and submit."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import click

from dispatcher.cli.asking import read_assignments
from dispatcher.cli.completing import TAG, VOICE, Offered, OneOf, engine_of
from dispatcher.cli.sections import SectionOption
from dispatcher.jobs.request import PRIORITIES, Request
from storage.audio.channels import EACH, MIX
from storage.audio.depth import DEPTHS
from storage.audio.formats import FILMS, FORMATS
from storage.errors import InputError
from workers.engines import catalog
from workers.engines.engine import Engine
from workers.engines.setting import Form, Setting, Unit

F = TypeVar("F", bound=Callable[..., Any])

#: How a setting's value is parsed. Choices are offered but not checked: engines may have different ones under one name,
#: and the error of the voice's own engine, which --set and scripts get too, lists the right ones.
_TYPES: dict[Form, type] = {Form.NUMBER: float, Form.WHOLE: int, Form.NAME: str, Form.SEED: int}


def _by_name() -> dict[str, list[tuple[Engine, Setting]]]:
    """Every setting that an engine declares, under its public name."""
    named: dict[str, list[tuple[Engine, Setting]]] = {}
    for engine in catalog.engines():
        for setting in engine.settings:
            named.setdefault(setting.common_name, []).append((engine, setting))
    return named


_NAMED = _by_name()
#: The section of the options for settings that more than one kind of voice has.
_SOUND = "How it sounds"
#: The section of what is done to a recording and to its result beside the conversion.
_EFFECTS = "Effects"


class Choices(Offered):
    """The words that engines know for a setting: those of the voice's engine, once that is known."""

    def __init__(self, name: str) -> None:
        self.by_engine = {engine.name: setting.choices for engine, setting in _NAMED[name]}
        super().__init__(dict.fromkeys(word for words in self.by_engine.values() for word in words))

    def words_for(self, ctx: click.Context, param: click.Parameter) -> Collection[str]:  # noqa: ARG002
        """The words of the engine of the voice that is named already, else of all engines."""
        if len(self.by_engine) < 2 or not (voice := _voice_named(ctx)):
            return self.words
        return self.by_engine.get(engine_of(voice), self.words)


class Assignments(Offered):
    """NAME=VALUE: the names of the settings that the voice has, and the words of those that are choices."""

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002
        """NAME=VALUE."""
        return "NAME=VALUE"

    def words_for(self, ctx: click.Context, param: click.Parameter) -> Collection[str]:  # noqa: ARG002
        """The settings of the engine of the voice that is named already, else of all engines."""
        voice = _voice_named(ctx)
        engine = engine_of(voice) if voice else ""
        mine = {name: s for name in _NAMED for e, s in _NAMED[name] if engine in ("", e.name)}
        names = [f"{name}=" for name, setting in mine.items() if not setting.choices]
        return [*names, *(f"{name}={word}" for name, setting in mine.items() for word in setting.choices)]


ASSIGNMENTS = Assignments(())


def _voice_named(ctx: click.Context) -> str | None:
    """The voice that the command line names so far; of several, the first."""
    named = ctx.params.get("voices") or ctx.params.get("like")
    return named[0] if isinstance(named, tuple) else named


def _option(name: str) -> Callable[[F], F]:
    helps = {engine.title: setting.help for engine, setting in _NAMED[name]}
    alike = len(set(helps.values())) == 1
    said = next(iter(helps.values())) if alike else "; ".join(f"{title}: {help_}" for title, help_ in helps.items())
    engine, setting = _NAMED[name][0]
    return click.option(
        f"--{name.replace('_', '-')}",
        cls=SectionOption,
        section=_SOUND if len(helps) > 1 else f"{_SOUND}, for {engine.title} voices",
        type=Choices(name) if setting.form is Form.CHOICE else _TYPES[setting.form],
        metavar="SEMITONES" if setting.names.get(name) is Unit.SEMITONES else None,
        help=f"{said[0].upper()}{said[1:]}.  [default: {_default(name)}]",
    )


def _default(name: str) -> str:
    """What holds unless a job or its voice says otherwise; by engine where they differ."""
    defaults = {e.title: e.in_common_words({s.name: s.default})[name] for e, s in _NAMED[name]}
    shown = {title: f"{d:g}" if isinstance(d, float) else str(d) for title, d in defaults.items()}
    if len(set(shown.values())) == 1:
        return next(iter(shown.values()))
    return ", ".join(f"{value} ({title})" for title, value in shown.items())


_OPTIONS = [
    click.option(
        "--voice",
        "voices",
        multiple=True,
        type=VOICE,
        cls=SectionOption,
        is_first=True,
        help="Voice to convert into; with several, a result for each.",
    ),
    *(_option(name) for name in _NAMED),
    # Once called so; its unit depends on the voice.
    click.option("--formant", type=float, hidden=True),
    click.option(
        "--set",
        "sets",
        multiple=True,
        type=ASSIGNMENTS,
        cls=SectionOption,
        section=_SOUND,
        help="Any setting of the voice, by its name; may be repeated.",
    ),
    click.option(
        "--require", multiple=True, type=TAG, metavar="TAG", help="Only workers that offer this tag; may be repeated."
    ),
    click.option(
        "--priority",
        type=OneOf(list(PRIORITIES)),
        default="normal",
        show_default=True,
        help="How urgent; the more urgent overtakes what waits.",
    ),
    click.option(
        "--format",
        "format_",
        type=Offered(FORMATS + FILMS),
        help="Of the result, the last four with a film's pictures; else by the output's name, else wav.",
    ),
    click.option("--depth", type=OneOf(DEPTHS), help="Depth of the samples in wav and flac; else the recording's."),
    click.option("--rate", type=int, help="Sample rate of the result; else the voice's own."),
    click.option(
        "--channels",
        type=Offered((MIX, "left", "right", EACH)),
        default=MIX,
        show_default=True,
        help="Which of a recording's channels; a number from 1 is one of them, and each is every one by itself.",
    ),
    click.option("--mix-back/--stem", "mix_back", default=None,
                 help="Where one channel is converted: put the others back beside it, or save the voice alone."
                      "  [default: stem, unless the setting mix_back says otherwise]"),
    click.option("--track", type=click.IntRange(min=1), default=1, show_default=True,
                 help="Which of the recording's tracks of sound is converted."),
    click.option("--keep-original", is_flag=True, help="Keep a film's own sound beside the converted."),
    click.option(
        "--before", default="", metavar="EFFECTS", cls=SectionOption, section=_EFFECTS,
        help="Chain of effects for the recording, such as 'highpass 80 | reduce-noise 12', or a chain's name.",
    ),
    click.option(
        "--after", default="", metavar="EFFECTS", cls=SectionOption, section=_EFFECTS,
        help="Chain of effects for the result, such as 'eq 3k +2 | loudness -16 | limit -1', or a chain's name.",
    ),
    click.option("--quality-check", is_flag=True, help="Judge two minutes of the result against the recording."),
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
        mix_back=options["mix_back"],
        allow_truncated=options["allow_truncated"],
        depth=options["depth"],
        track=options["track"] - 1,
        keep_original=options["keep_original"],
        before=options["before"],
        after=options["after"],
        quality_check=options["quality_check"],
        notify=options.get("notify") or "",
    )


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    named = {name: options[name] for name in (*_NAMED, "formant") if options[name] is not None}
    if (speaker := named.get("speaker", "")).isdecimal():
        named["speaker"] = int(speaker)
    others = read_assignments(options["sets"], "--set")
    if twice := sorted(named.keys() & others.keys()):
        raise InputError(f"{twice[0]} is given twice, as an option and with --set; leave one out")
    return {**named, **others}

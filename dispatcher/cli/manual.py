"""The manual page, written from the commands' own help: `python -m dispatcher.cli.manual > voicefarm.1`."""

import re
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from textwrap import wrap

import click

from dispatcher.cli.examples import EXAMPLES
from dispatcher.cli.main import PROGRAM, SECTIONS, cli
from dispatcher.cli.sections import sections_of

#: Letters in a line of the source.
_LINE = 70
_FILES = (
    ("voicefarm.toml", "settings, in the working folder; else the next"),
    ("~/.config/voicefarm/voicefarm.toml", "settings of this user"),
    ("~/.local/share/voicefarm", "what this machine keeps: records, objects, logs"),
)
_STATUS = (
    ("0", "Everything asked for was done."),
    ("1", "Something could not be done; a sentence on standard error says what, why, and what to do."),
    ("2", "The command line is not understood."),
    ("130", "Ctrl-C was pressed."),
)


def manual(date: str) -> str:
    """The whole page, as roff."""
    return "\n".join(_page(date)) + "\n"


def escaped(text: str) -> str:
    """Text that roff prints as it is, wherever in a line it stands."""
    text = (
        text.replace("\\", r"\e").replace("-", r"\-").replace("^", r"\(ha").replace("~", r"\(ti").replace("`", r"\(ga")
    )
    text = "".join(c if ord(c) < 128 else f"\\[u{ord(c):04X}]" for c in text)
    return re.sub(r"^(?=[.'])", r"\\&", text, flags=re.MULTILINE)


def _page(date: str) -> Iterator[str]:
    yield f'.TH VOICEFARM 1 "{date}" "voicefarm {version(PROGRAM)}" "User commands"'
    context = click.Context(cli, info_name=PROGRAM, **cli.context_settings)
    yield from (".SH NAME", rf"voicefarm \- {escaped('turn long recordings into another voice')}")
    yield from (".SH SYNOPSIS", f".B {PROGRAM}", escaped("[OPTIONS] COMMAND [ARGS]..."))
    yield from (".SH DESCRIPTION", *_paragraphs(cli.help or ""), *_options(cli, context))
    for title, section in SECTIONS.items():
        yield f'.SH "{escaped(title.upper())}"'
        for name in section:
            yield from _command(cli, context, name)
    yield ".SH ENVIRONMENT"
    yield from _text(
        "Every setting in docs/settings.md can be given as VOICEFARM_ and its name in capitals. VOICEFARM_CONFIG names"
        " another settings file. NO_COLOR is respected."
    )
    for heading, entries in (("FILES", _FILES), ('"EXIT STATUS"', _STATUS)):
        yield f".SH {heading}"
        for name, said in entries:
            yield from _entry(name, said)
    yield from (".SH EXAMPLES", *_lines(EXAMPLES[""]))


def _command(group: click.Group, above: click.Context, name: str) -> Iterator[str]:
    command = group.get_command(above, name)
    if command is None:
        return
    context = click.Context(command, info_name=name, parent=above)
    words = context.command_path.removeprefix(PROGRAM).strip()
    yield f'.SS "{escaped(words)}"'
    yield f".B {escaped(context.command_path)}"
    yield escaped(" ".join(command.collect_usage_pieces(context)))
    yield from (".PP", *_paragraphs(command.help or ""), *_options(command, context))
    if words in EXAMPLES:
        yield from (".PP", "Examples:", ".PP", *_lines(EXAMPLES[words]))
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from _command(command, context, inner)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for number, (title, parameters) in enumerate(sections_of(command, context).items()):
        if number:
            yield from (".PP", escaped(f"{title}:"))
        for parameter in parameters:
            record = parameter.get_help_record(context)
            # Arguments say what they are by their names.
            if record is not None and record[1]:
                yield from _entry(*record)


def _entry(name: str, said: str) -> Iterator[str]:
    yield from (".TP", rf"\fB{escaped(name)}\fR", *_paragraphs(said))


def _paragraphs(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(part for part in text.replace("\b", "").split("\n\n") if part.strip()):
        if number:
            yield ".PP"
        yield from _text(paragraph)


def _text(paragraph: str) -> Iterator[str]:
    """A paragraph in lines as short as roff likes them, each escaped by itself."""
    yield from map(escaped, wrap(paragraph, _LINE, break_on_hyphens=False))


def _lines(lines: tuple[str, ...]) -> Iterator[str]:
    yield from (".nf", *(f"    {escaped(line)}" for line in lines), ".fi")


if __name__ == "__main__":
    sys.stdout.write(manual(time.strftime("%Y-%m-%d")))

"""Finding the voicefarm commands that files name, and what is wrong with them."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import click

from dispatcher.cli.main import cli

FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"`(voicefarm(?: [^`]*)?)`")
#: A line that runs voicefarm: by name or by path, after sudo or variables, or in one of our containers.
LINE = re.compile(
    r"^\s*(?:sudo (?:-\S+ )*)?(?:[A-Z_]+=\S+ )*(?:docker compose .* desk )?(?:\S*/)?(voicefarm(?: .*)?)$", re.MULTILINE
)
STOPS = {"|", "||", "&&", ";", ">", "<", "&", "#", "…"}


def in_markdown(text: str) -> Iterator[str]:
    """Commands in code blocks and between back-ticks."""
    for block in FENCE.findall(text):
        yield from LINE.findall(block.replace("\\\n", " "))
    yield from QUOTED.findall(FENCE.sub("", text))


def in_script(text: str) -> Iterator[str]:
    """Commands in a shell script."""
    yield from LINE.findall(text.replace("\\\n", " "))


def in_unit(text: str) -> Iterator[str]:
    """Commands in a systemd unit, and in comments of any file."""
    yield from re.findall(r"^ExecStart=\S*/(voicefarm .*)$", text, re.MULTILINE)
    yield from QUOTED.findall(text)


def in_structure(value: Any) -> Iterator[str]:
    """Commands written as lists in YAML or property lists."""
    if isinstance(value, list) and value and str(value[0]).rpartition("/")[2] == "voicefarm":
        yield shlex.join(["voicefarm", *map(str, value[1:])])
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from in_structure(inner)


def fault(line: str) -> str | None:
    """What is wrong with a command line, or None."""
    words = shlex.split(line, comments=True)[1:]
    command: click.Command = cli
    while words:
        word = words.pop(0)
        if word in STOPS or word.startswith((">", "2>")):
            break
        if word.startswith("-") and word != "-":
            if word.partition("=")[0] not in _options(command):
                return f"`{line}`: {command.name} has no option {word}"
        elif isinstance(command, click.Group):
            inner = command.get_command(click.Context(command), word)
            if inner is None:
                return f"`{line}`: there is no command {word}"
            command = inner
    return None


def _options(command: click.Command) -> set[str]:
    context = click.Context(command, help_option_names=["-h", "--help"])
    return {name for parameter in command.get_params(context) for name in (*parameter.opts, *parameter.secondary_opts)}

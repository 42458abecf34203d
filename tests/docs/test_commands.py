from collections.abc import Iterator

import click
import pytest

from dispatcher.cli.main import cli
from tests.docs.pages import PAGES
from tests.infra.commands import in_markdown


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, with all the words needed to call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")


COMMANDS = dict(_commands(cli, "voicefarm"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name: str) -> None:
    assert (COMMANDS[name].help or "").strip()


def test_every_command_is_named_somewhere() -> None:
    lines = {f"{line} " for page in PAGES for line in in_markdown(page.read_text(encoding="utf-8"))}
    assert [name for name in COMMANDS if not any(line.startswith(f"{name} ") for line in lines)] == []

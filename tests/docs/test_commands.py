"""Every command has its help and stands in the README."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from dispatcher.cli import main
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


@pytest.mark.parametrize("name", main.COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    command = main.cli.get_command(click.Context(main.cli), name)
    assert command is not None
    assert main.COMMANDS[name].summary == command.get_short_help_str(limit=1_000)


def test_help_lists_all_commands_without_importing_any() -> None:
    program = "import sys\nfrom dispatcher.cli.main import cli\n"
    program += "try:\n    cli(['--help'])\nfinally:\n    print([m for m in sys.modules if m == 'sqlalchemy'])"
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert [name for name in main.COMMANDS if f"\n  {name} " not in said] == []
    assert said.endswith("[]\n")

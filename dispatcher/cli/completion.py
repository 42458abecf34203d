"""completion: the script by which a shell completes commands, options and values."""

import click

from dispatcher.cli.completing import OneOf

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=OneOf(_SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the script that lets a shell complete commands, options, voices, jobs and files."""
    from dispatcher.cli.shells import Bash, Fish, Zsh

    root, name = context.find_root(), context.find_root().info_name or ""
    shells = {"bash": Bash, "zsh": Zsh, "fish": Fish}
    click.echo(shells[shell](root.command, {}, name, f"_{name.upper()}_COMPLETE").source(), nl=False)

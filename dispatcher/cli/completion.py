"""completion: the script by which a shell completes commands, options and values."""

import click

from dispatcher.cli.completing import OneOf

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=OneOf(_SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the script that lets a shell complete commands, options, voices, jobs and files."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"this version of click completes nothing in {shell}")
    root, name = context.find_root(), context.find_root().info_name or ""
    script = found(root.command, {}, name, f"_{name.upper()}_COMPLETE").source()
    # For fish, click cuts what is said of a value off at its first comma.
    click.echo(script.replace('string split ","', 'string split --max 1 ","'), nl=False)

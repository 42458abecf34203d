"""Command lines that cannot be understood, in the same kind of sentence as every other error."""

import click

from dispatcher.cli.examples import examples_of
from storage.printable import printable
from storage.spelling import guessed


def usage_sentence(error: click.ClickException) -> str:
    """What is wrong with the command line, and what was probably meant, on one line whatever it quotes."""
    if isinstance(error, click.NoSuchOption):
        known = [name for parameter in _parameters(error) for name in (*parameter.opts, *parameter.secondary_opts)]
        said = guessed(f"there is no option {error.option_name}", error.option_name, known)
    else:
        said = error.format_message().rstrip(".")
        said = said[:1].lower() + said[1:]
    return printable(said)


def usage_lines(error: click.ClickException) -> str:
    """The command's form, and where its help is; empty where no command is known."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return ""
    return f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n\n"


class Commands(click.Group):
    """A group that asks which command was meant by one that it does not have, and whose commands show examples."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, with its examples."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            command.epilog = examples_of(f"{self.name} {cmd_name}")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(guessed(f"there is no command {args[0]}", args[0], known), ctx)
        return super().resolve_command(ctx, args)


def _parameters(error: click.UsageError) -> list[click.Parameter]:
    return error.ctx.command.get_params(error.ctx) if error.ctx else []

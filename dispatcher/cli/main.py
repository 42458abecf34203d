"""The voicefarm command: finds the command asked for, and turns what goes wrong into one sentence."""

import os
import sys
from importlib import import_module
from io import StringIO

import click

from dispatcher.cli.debugging import fail_with_traceback, hide_secrets
from dispatcher.cli.saying import complain
from dispatcher.reports.wording import printable, printable_lines
from storage.errors import VoicefarmError

#: Where each command lives; a module is imported only when its command is used, so that all start quickly.
COMMANDS = {
    "convert": "convert",
    "submit": "submit",
    "jobs": "jobs",
    "show": "jobs",
    "cancel": "jobs",
    "retry": "jobs",
    "fetch": "jobs",
    "voice": "voice",
    "model": "model",
    "workers": "workers",
    "worker-key": "worker_key",
    "report": "report",
    "up": "farm",
    "dispatcher": "farm",
    "worker": "farm",
    "doctor": "doctor",
    "sample": "sample",
    "db": "db",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports them when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"dispatcher.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.version_option(package_name="voicefarm")
def cli(*, debug: bool) -> None:
    """Turn long recordings into another voice, on this machine or on a farm of them."""
    if debug:
        os.environ["VOICEFARM_DEBUG"] = "1"


def main() -> None:
    """Run the command; exit status 0 only if all that was asked for was done."""
    try:
        cli.main(standalone_mode=False)
    except VoicefarmError as error:
        if os.environ.get("VOICEFARM_DEBUG"):
            fail_with_traceback(error)
        fail(hide_secrets(str(error)))
    except click.ClickException as error:
        # It repeats words of the command line, line breaks and all.
        vars(error)["message"] = printable(error.message)
        said = StringIO()
        error.show(said)
        click.echo(printable_lines(said.getvalue()), nl=False, err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nstopped; `voicefarm jobs` shows what stands where", err=True)
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        # Nobody should have to read a traceback unasked.
        if os.environ.get("VOICEFARM_DEBUG"):
            fail_with_traceback(error)
        # Only what an operating system says is known to hold no secrets.
        what = f": {hide_secrets(str(error))}" if isinstance(error, OSError) else ""
        fail(
            f"something went wrong that was not foreseen ({type(error).__name__}{what});"
            " `voicefarm --debug …` shows where, please report it"
        )


def fail(sentence: str) -> None:
    """Say what went wrong and end."""
    complain(sentence)
    sys.exit(1)


if __name__ == "__main__":
    main()

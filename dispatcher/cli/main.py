"""The voicefarm command: runs the subcommand asked for and turns whatever goes wrong into one sentence."""

import logging
import os
import sys
from importlib import import_module
from io import StringIO

import click

from dispatcher.cli.debugging import fail_with_traceback, hide_secrets
from dispatcher.cli.remedies import worded
from dispatcher.cli.saying import Complaining, complain
from storage.errors import VoicefarmError
from storage.printable import printable, printable_lines

#: Where each command lives. A module is imported only when its command is used, so that all of them start quickly.
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
    "up": "up",
    "dispatcher": "serve",
    "worker": "serve",
    "doctor": "doctor",
    "sample": "sample",
    "db": "db",
}


class LazyGroup(click.Group):
    """A group that lists its commands by name and imports them on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in the order in which people need them."""
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
    """Run the command; the exit status is 0 only if everything asked for was done."""
    logging.getLogger("voicefarm.client").addHandler(Complaining())
    try:
        cli.main(standalone_mode=False)
    except VoicefarmError as error:
        if os.environ.get("VOICEFARM_DEBUG"):
            fail_with_traceback(error)
        fail(hide_secrets(worded(error)))
    except click.ClickException as error:
        # It quotes the command line, line breaks included.
        vars(error)["message"] = printable(error.message)
        said = StringIO()
        error.show(said)
        click.echo(printable_lines(said.getvalue()), nl=False, err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nstopped; `voicefarm jobs` shows what stands where", err=True)
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        # Nobody should have to read a traceback without asking for one.
        if os.environ.get("VOICEFARM_DEBUG"):
            fail_with_traceback(error)
        # Only the operating system's messages are known to hold no secrets.
        what = f": {hide_secrets(str(error))}" if isinstance(error, OSError) else ""
        fail(
            f"something unforeseen went wrong ({type(error).__name__}{what});"
            " `voicefarm --debug …` shows where, please report it"
        )


def fail(sentence: str) -> None:
    """Say what went wrong and end."""
    complain(sentence)
    sys.exit(1)


if __name__ == "__main__":
    main()

"""The voicefarm command: runs the subcommand asked for and turns whatever goes wrong into one sentence."""

import gc
import logging
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from dispatcher.cli.debugging import fail_with_traceback, hide_secrets
from dispatcher.cli.examples import examples_of
from dispatcher.cli.failing import STOPPED, UNFORESEEN, USAGE, print_error
from dispatcher.cli.remedies import worded_remedy
from dispatcher.cli.saying import Complaining, complain, say
from dispatcher.cli.usage import Commands, usage_lines, usage_sentence
from storage.errors import ManifestRefused, VoicefarmError, described

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: What the command is called, however it was started.
PROGRAM = "voicefarm"
#: The variable by which a shell asks for completions.
COMPLETE = f"_{PROGRAM.upper()}_COMPLETE"
#: Objects that are made before a search for garbage. Importing makes a hundred thousand, all of which stay; with the
#: usual 700, a tenth of the time that a command takes to start would be spent on finding nothing.
BEFORE_A_SEARCH = 50_000


class Place(NamedTuple):
    """Where a command lives, and what the list of commands says of it."""

    module: str
    summary: str


#: A command's module is imported only when it is used, and not even for the list of all, so that everything starts
#: quickly. A test compares the summaries with the commands' own help.
SECTIONS = {
    "Recordings": {
        "convert": Place("convert", "Convert recordings, files or whole folders, and wait for the results."),
        "submit": Place("submit", "Hand recordings in and print the numbers of their jobs; several make a batch."),
        "plan": Place("plan", "Say how long recordings would take and what holds them up, without handing them in."),
        "audition": Place(
            "audition",
            "Convert the same stretch in every combination of voices and settings, with a page to listen to them.",
        ),
        "watch": Place("watch", "Convert whatever recording arrives in a folder, until told to stop."),
        "jobs": Place("jobs", "List jobs, newest first, with their progress and what they wait for."),
        "batches": Place("jobs", "List batches, newest first, with how many of their jobs stand where."),
        "show": Place("jobs", "Show all that is known of one job, or of a batch."),
        "cancel": Place(
            "jobs", "Cancel jobs or whole batches; what is already done stays in the object store for a retry."
        ),
        "retry": Place("jobs", "Let failed or cancelled jobs continue where they stopped; of a batch, all of them."),
        "priority": Place("jobs", "Make jobs or whole batches more or less urgent, from their next piece on."),
        "fetch": Place("fetch", "Bring results of finished jobs, or of whole batches, to files."),
    },
    "Voices and effects": {
        "voice": Place("voice", "List, show, add, export and remove voices."),
        "model": Place("model", "List, add, pull and remove the models that voices share."),
        "chain": Place("chain", "Name chains of effects, and see which effects there are."),
    },
    "What the farm does": {
        "top": Place("top", "Watch the farm live: throughput, batches, jobs and workers, until Ctrl-C."),
        "workers": Place("workers", "List the workers with their tags, engines, speeds and the leases that they hold."),
        "report": Place(
            "report", "Show where the time of a job or a batch went, or what the farm did --since some moment."
        ),
        "metrics": Place(
            "metrics",
            "Print the farm in numbers for Prometheus: throughput in seconds of audio, speeds, what waits and what"
            " failed.",
        ),
        "quality": Place(
            "quality",
            "Judge a RESULT against its SOURCE: pitch, speaker, naturalness, loudness, clicks, dropouts; status 1 if"
            " bad.",
        ),
        "bench": Place("bench", "Measure what devices bring, put them side by side, and see what an upgrade changed."),
    },
    "Setting up": {
        "init": Place(
            "init", "Write voicefarm.toml for a client, a server or a worker of a farm, and check that it works."
        ),
        "completion": Place(
            "completion", "Print the script that lets a shell complete commands, options, voices, jobs and files."
        ),
    },
    "Running a farm": {
        "up": Place("up", "Run a whole farm on this machine until Ctrl-C: broker, dispatcher, workers, Flower."),
        "dispatcher": Place("serve", "Serve as a dispatcher until told to stop; a farm may have several."),
        "worker": Place(
            "serve",
            "Serve as a worker until told to stop; SIGTERM finishes the atom in hand and hands back the rest.",
        ),
        "worker-key": Place("worker_key", "Keys that workers sign with."),
        "doctor": Place(
            "doctor",
            "Check settings, broker, database, object store, disk, device and engines; exit status 1 if anything is"
            " bad.",
        ),
        "db": Place("db", "Bring the database to the revision that this program needs, or look at it."),
        "sample": Place(
            "sample", "Write a recording of a made-up voice, sung and spoken by turns, to OUT (.wav or .flac)."
        ),
    },
}
COMMANDS = {name: place for section in SECTIONS.values() for name, place in section.items()}


class LazyGroup(Commands):
    """A group that lists its commands by name and imports them on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"dispatcher.cli.{COMMANDS[cmd_name].module}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        command.epilog = examples_of(cmd_name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[Any]]":
        """The names of commands with their summaries, without importing any; and the options."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(n, help=place.summary) for n, place in COMMANDS.items() if n.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, without importing any."""
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, place.summary) for name, place in section.items()])


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
    epilog=examples_of(""),
)  # fmt: skip
@click.option("--debug", is_flag=True, help="Show where an error came from.")
@click.version_option(package_name="voicefarm")
def cli(*, debug: bool) -> None:
    """Turn long recordings into another voice, on this machine or on a farm of them."""
    if debug:
        os.environ["VOICEFARM_DEBUG"] = "1"


def main() -> None:
    """Run the command; the exit status is 0 only if everything asked for was done."""
    gc.set_threshold(BEFORE_A_SEARCH)
    logging.getLogger("voicefarm.client").addHandler(Complaining())
    if COMPLETE in os.environ:
        from dispatcher.cli.shells import use_our_shells

        use_our_shells()
    try:
        cli.main(prog_name=PROGRAM, complete_var=COMPLETE, standalone_mode=False)
    except VoicefarmError as error:
        _refuse(error)
    except click.ClickException as error:
        click.echo(usage_lines(error), nl=False, err=True)
        fail(described(usage_sentence(error), USAGE), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        stopped = "stopped; `voicefarm jobs` shows what stands where"
        print_error(described(stopped, STOPPED))
        click.echo(f"\n{stopped}", err=True)
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        # Nobody should have to read a traceback without asking for one.
        if os.environ.get("VOICEFARM_DEBUG"):
            fail_with_traceback(error)
        # Only the operating system's messages are known to hold no secrets.
        what = f": {hide_secrets(str(error))}" if isinstance(error, OSError) else ""
        sentence = (
            f"something unforeseen went wrong ({type(error).__name__}{what});"
            " `voicefarm --debug …` shows where, please report it"
        )
        fail(described(sentence, UNFORESEEN))


def _refuse(error: VoicefarmError) -> None:
    """Say what was refused and why, without secrets, and end."""
    if isinstance(error, ManifestRefused):
        print_mistakes(error)
    if os.environ.get("VOICEFARM_DEBUG"):
        fail_with_traceback(error)
    told = error.to_json(worded_remedy)
    fail({**told, "sentence": hide_secrets(told["sentence"])})


def print_mistakes(error: ManifestRefused) -> None:
    """Print each mistake on a line of its own, in the form by which editors find the place."""
    for line, column, sentence in error.mistakes:
        place = ":".join(str(part) for part in (error.path, line, column) if part)
        say(f"{place}: {sentence}", err=True)


def fail(error: dict[str, Any], status: int = 1) -> None:
    """Say what went wrong, to programs too where they ask for it, and end."""
    print_error(error)
    complain(error["sentence"])
    sys.exit(status)


if __name__ == "__main__":
    main()

"""worker-key: the keys that workers sign with, so that no machine can speak for another."""

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.completing import WORKER_KEY
from dispatcher.cli.printing import print_table
from dispatcher.cli.saying import print_json, say, shown_time
from dispatcher.cli.usage import Commands
from dispatcher.client.farm import Farm


@click.group("worker-key", cls=Commands)
def worker_key_command() -> None:
    """Keys that workers sign with. Once there is one, unsigned messages are ignored."""


@worker_key_command.command("add")
@click.argument("name")
def add_command(name: str) -> None:
    """Make a key for a machine and print the line for its settings; it is shown only once."""
    key = Farm.open().add_worker_key(name)
    say(f"VOICEFARM_WORKER_KEY={key}")


@worker_key_command.command("list")
@as_json
def list_command(*, as_json: bool) -> None:
    """List the keys there are, without their secrets."""
    keys = Farm.open().worker_keys()
    if as_json:
        print_json([key.to_json() for key in keys])
    elif keys:
        print_table(("key", "made"), [(key.name, shown_time(key.created_at)) for key in keys])
    else:
        say("there is no worker key, so whoever may reach the broker is trusted like any worker")


@worker_key_command.command("remove")
@click.argument("name", type=WORKER_KEY)
def remove_command(name: str) -> None:
    """Remove a key; from then on its machine's messages are ignored."""
    left = Farm.open().remove_worker_key(name)
    say(f"worker key '{name}' is removed" + ("" if left else "; it was the last, so nobody needs to sign any more"))

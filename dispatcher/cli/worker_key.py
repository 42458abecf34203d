"""worker-key: what workers sign with, so that no machine can speak for another."""

import click

from dispatcher.cli.opening import as_json, open_farm
from dispatcher.cli.saying import print_json, say
from dispatcher.cli.tables import print_table, shown_time
from dispatcher.jobs.worker_keys import add_key, all_keys, remove_key


@click.group("worker-key")
def worker_key_command() -> None:
    """Keys that workers sign with. Once there is one, what is not signed counts for nothing."""


@worker_key_command.command("add")
@click.argument("name")
def add_command(name: str) -> None:
    """Make a key for a machine, and print the line that its settings want; it is shown this once."""
    key = add_key(open_farm().database, name)
    say(f"VOICEFARM_WORKER_KEY={key}")


@worker_key_command.command("list")
@as_json
def list_command(*, as_json: bool) -> None:
    """List the keys there are, without their secrets."""
    keys = all_keys(open_farm().database)
    if as_json:
        print_json([{"name": key.name, "created_at": key.created_at} for key in keys])
    elif keys:
        print_table(("key", "made"), [(key.name, shown_time(key.created_at)) for key in keys])
    else:
        say("there is no worker key, so whoever may reach the broker is trusted like any worker")


@worker_key_command.command("remove")
@click.argument("name")
def remove_command(name: str) -> None:
    """Take a key away; what its machine says counts for nothing from then on."""
    left = remove_key(open_farm().database, name)
    say(f"worker key '{name}' is removed" + ("" if left else "; it was the last, so nobody has to sign any more"))

"""chain: chains of effects under names of their own."""

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.completing import CHAIN
from dispatcher.cli.printing import print_table
from dispatcher.cli.saying import print_json, say
from dispatcher.cli.usage import Commands
from dispatcher.client.farm import Farm


@click.group("chain", cls=Commands)
def chain_command() -> None:
    """Name chains of effects, and see which effects there are."""


@chain_command.command("add")
@click.argument("name")
@click.argument("effects")
def add_command(name: str, effects: str) -> None:
    """Give EFFECTS, such as 'highpass 80 | loudness -16 | limit -1', the name NAME, by which --before and --after know
    them; a name that there is gets others.
    """
    say(f"chain '{name}' is {Farm.open().add_chain(name, effects)}")


@chain_command.command("list")
@as_json
def list_command(*, as_json: bool) -> None:
    """List the chains there are."""
    chains = Farm.open().chains()
    if as_json:
        print_json([{"name": name, "effects": text} for name, text in chains.items()])
    elif chains:
        print_table(("chain", "effects"), list(chains.items()))
    else:
        say("no chain has a name so far")


@chain_command.command("remove")
@click.argument("names", type=CHAIN, nargs=-1, required=True)
def remove_command(names: tuple[str, ...]) -> None:
    """Forget names; jobs that were handed in with them keep their effects."""
    Farm.open().remove_chains(names)
    say(f"{'chain' if len(names) == 1 else 'chains'} {', '.join(names)} removed")


@chain_command.command("effects")
@as_json
def effects_command(*, as_json: bool) -> None:
    """List the effects there are, with their settings."""
    # Nothing else here needs this import.
    from workers.effects.describing import described

    rows = described()
    if as_json:
        print_json([row.to_json() for row in rows])
    else:
        print_table(("effect", "settings", "what it does"), [(row.name, row.usage, row.does) for row in rows])

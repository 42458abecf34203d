"""workers: who is there, what they can do, how fast they are."""

import time

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.printing import print_table
from dispatcher.cli.saying import print_json, say
from dispatcher.client.farm import Farm
from dispatcher.reports.farm import EngineThere, Held, WorkerThere
from dispatcher.reports.period import moment_of
from dispatcher.reports.wording import shown_duration, shown_factor, shown_memory, shown_price
from workers.wire.routes import class_of, engine_tag

_COLUMNS = ("worker", "device", "tags", "engines", "state", "holds", "memory", "seen")
#: How long those that are gone are listed unless asked otherwise.
_SINCE = "7d"
#: What is left out first where there is no room.
_LESS = ("memory", "device", "tags", "seen", "holds")


@click.command("workers")
@click.option("--all", "past", is_flag=True, help="Also those that are gone: the last run of each, newest first.")
@click.option(
    "--since",
    metavar="WHEN",
    help=f"With --all, those seen since then: 12h or 30d ago, or a date.  [default: {_SINCE}]",
)
@as_json
def workers_command(*, past: bool, since: str | None, as_json: bool) -> None:
    """List the workers with their tags, engines, speeds and the leases that they hold."""
    past = past or since is not None
    workers = Farm.open().workers(past=past, since=moment_of(since or _SINCE, time.time()))
    if as_json:
        print_json([worker.to_json() for worker in workers])
    elif workers:
        print_table(_COLUMNS, [_row(w) for w in workers], numbers=("memory", "seen"), dispensable=_LESS)
    else:
        say(f"no worker {'was seen' if past else 'is there'}; start one with `voicefarm worker`")


def _row(worker: WorkerThere) -> tuple[object, ...]:
    machine_class = class_of(worker.queue)
    # What follows from a worker's kind is in other columns.
    engines = {name for engine in worker.engines for name in (engine.name, engine_tag(engine.name, engine.version))}
    said = {worker.capability, machine_class, *engines}
    return (
        worker.name,
        f"{worker.capability}: {worker.device}",
        ", ".join(o for o in worker.offers if o not in said),
        tuple(_engine(engine) for engine in worker.engines),
        worker.state,
        tuple(_held(held) for held in worker.holding),
        shown_memory(worker.memory_mb),
        f"{shown_duration(worker.silent_seconds)} ago",
    )


def _engine(engine: EngineThere) -> str:
    cost = f", {shown_price(engine.cost_per_hour)} an hour" if engine.cost_per_hour is not None else ""
    return f"{engine.name} {engine.version} {shown_factor(engine.realtime_factor)}".rstrip() + cost


def _held(held: Held) -> str:
    more = f"-{held.last_atom}" if held.last_atom > held.first_atom else ""
    return f"job {held.job}: {held.first_atom}{more}"

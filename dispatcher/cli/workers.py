"""workers: who is there, what they can do, how fast they are."""

import click

from dispatcher.cli.asking import as_json
from dispatcher.cli.printing import print_sections
from dispatcher.cli.saying import print_json, say
from dispatcher.client.farm import Farm
from dispatcher.reports.farm import EngineThere, Held, WorkerThere
from dispatcher.reports.sections import Section
from dispatcher.reports.wording import shown_duration, shown_factor, shown_memory
from storage.printable import printable
from workers.wire.routes import class_of, engine_tag

_COLUMNS = ("worker", "device", "tags", "engines", "state", "holds", "memory", "seen")


@click.command("workers")
@click.option("--all", "past", is_flag=True, help="Also those that are gone.")
@as_json
def workers_command(*, past: bool, as_json: bool) -> None:
    """List the workers with their tags, engines, speeds and the leases that they hold."""
    workers = Farm.open().workers(past=past)
    if as_json:
        print_json([worker.to_json() for worker in workers])
    elif workers:
        print_sections([Section("", _COLUMNS, [_row(w) for w in workers], frozenset({"memory", "seen"}))])
    else:
        say(f"no worker {'was ever' if past else 'is'} there; start one with `voicefarm worker`")


def _row(worker: WorkerThere) -> tuple[str, ...]:
    machine_class = class_of(worker.queue)
    # What follows from a worker's kind is in other columns.
    engines = {name for engine in worker.engines for name in (engine.name, engine_tag(engine.name, engine.version))}
    said = {worker.capability, machine_class, *engines}
    return (
        printable(worker.name),
        printable(f"{worker.capability}: {worker.device}"),
        printable(", ".join(o for o in worker.offers if o not in said)),
        "\n".join(_engine(engine) for engine in worker.engines),
        worker.state,
        "\n".join(_held(held) for held in worker.holding),
        shown_memory(worker.memory_mb),
        f"{shown_duration(worker.silent_seconds)} ago",
    )


def _engine(engine: EngineThere) -> str:
    return printable(f"{engine.name} {engine.version} {shown_factor(engine.realtime_factor)}".rstrip())


def _held(held: Held) -> str:
    more = f"-{held.last_atom}" if held.last_atom > held.first_atom else ""
    return f"job {held.job}: {held.first_atom}{more}"

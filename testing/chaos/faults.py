"""Do each kind of fault to a farm, and undo it."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random

import psycopg

from testing.chaos.clocks import compiler
from testing.chaos.kinds import Kind, kinds_of
from testing.chaos.link import Link
from testing.chaos.mischief import delay, duplicate, reorder
from testing.chaos.plan import Fault
from testing.chaos.standing import StandingFarm
from testing.chaos.weather import Weather
from testing.services.postgres import PostgresServer

#: Ends a fault.
Undo = Callable[[], None]
#: Seconds by which a slow store delays every piece.
SLOW = 0.4
#: Bytes of an answer after which it is cut: the head, and a little of the body.
CUT_AFTER = 700
#: The share of mute stores that never answer earlier requests, not even after they recover.
FORGETFUL = 0.25
#: Seconds to wait for a transaction that a restart can interrupt.
TRANSACTION_PATIENCE = 2.0


def possible_kinds(farm: StandingFarm) -> tuple[tuple[Kind, ...], dict[Kind, str]]:
    """The faults that can be done to this farm here, and why not the others."""
    impossible: dict[Kind, str] = {}
    if compiler() is None:
        impossible[Kind.CLOCK_SET] = "clocks can only be set on Linux with a C compiler"
    if "scratch" not in farm.disks:
        impossible[Kind.SCRATCH_FULL] = "only root can mount a small disk"
    if farm.ground.store_link is None and "objects" not in farm.disks:
        impossible[Kind.OBJECTS_FULL] = "only root can mount a small disk"
    return tuple(kind for kind in kinds_of(farm.ground.kind) if kind not in impossible), impossible


def begin(farm: StandingFarm, fault: Fault) -> Undo:
    """Do the fault; returns what ends it."""
    return _DOING[fault.kind](farm, fault)


def _nothing() -> None:
    """Undo nothing: the fault was over as soon as it had happened."""


def _kill(farm: StandingFarm, fault: Fault) -> Undo:
    farm.kill(fault.target)
    return _nothing


def _freeze(farm: StandingFarm, fault: Fault) -> Undo:
    pid = farm.pid(fault.target)

    def thaw() -> None:
        # The process may have been killed meanwhile.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    return thaw


def _empty_broker(farm: StandingFarm, fault: Fault) -> Undo:
    with farm.ground.broker.client() as client:
        client.flushall()
    return _nothing


def _restart_broker(farm: StandingFarm, fault: Fault) -> Undo:
    farm.ground.broker.restart()
    return _nothing


def _restart_database(farm: StandingFarm, fault: Fault) -> Undo:
    postgres = farm.ground.postgres
    assert postgres is not None
    _wait_for_transaction(postgres)
    # It stops by an immediate shutdown, so any transaction under way is lost.
    postgres.stop()
    postgres.start()
    return _nothing


def _wait_for_transaction(postgres: PostgresServer) -> None:
    """Wait until somebody else is in the middle of one, but no longer than a busy farm ever goes without."""
    query = "SELECT 1 FROM pg_stat_activity WHERE xact_start IS NOT NULL AND backend_xid IS NOT NULL"
    end = time.monotonic() + TRANSACTION_PATIENCE
    with suppress(psycopg.Error), psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        while connection.execute(query).fetchone() is None and time.monotonic() < end:
            pass


def _links(weather: Callable[[], Weather]) -> Callable[[StandingFarm, Fault], Undo]:
    def begun(farm: StandingFarm, fault: Fault) -> Undo:
        links = [farm.ground.links[name] for name in fault.target.split("+")]
        return _overcast(links, weather())

    return begun


def _store(weather: Callable[[], Weather]) -> Callable[[StandingFarm, Fault], Undo]:
    def begun(farm: StandingFarm, fault: Fault) -> Undo:
        return _overcast([farm.ground.store_link], weather())

    return begun


def _overcast(links: Sequence[Link | None], weather: Weather) -> Undo:
    there = [link for link in links if link is not None]
    for link in there:
        link.set(weather)

    def lift() -> None:
        for link in there:
            link.lift(weather)

    return lift


def _set_clock(farm: StandingFarm, fault: Fault) -> Undo:
    farm.clocks.set(fault.target, fault.amount)
    return lambda: farm.clocks.set(fault.target, 0.0)


def _fill(name: str) -> Callable[[StandingFarm, Fault], Undo]:
    def begun(farm: StandingFarm, fault: Fault) -> Undo:
        if name not in farm.disks:
            return _overcast([farm.ground.store_link], Weather(status=507))
        disk, ballast = farm.disks[name], f"ballast-{fault.number}"
        disk.fill(ballast)
        return lambda: disk.free(ballast)

    return begun


def _hire_other(farm: StandingFarm, fault: Fault) -> Undo:
    arguments = ["--tag", fault.target] if fault.target else []
    return farm.hire_other_version(f"other-{fault.number}", *arguments).ask_to_stop


def _chance(fault: Fault) -> Random:
    return Random(f"{fault.number} {fault.amount}")


_DOING: dict[Kind, Callable[[StandingFarm, Fault], Undo]] = {
    Kind.KILLED: _kill,
    Kind.FROZEN: _freeze,
    Kind.BROKER_EMPTIED: _empty_broker,
    Kind.BROKER_RESTARTED: _restart_broker,
    Kind.DATABASE_RESTARTED: _restart_database,
    Kind.PARTITIONED: _links(lambda: Weather(held=True)),
    Kind.CONNECTIONS_RESET: _links(lambda: Weather(refused=True)),
    Kind.STORE_SLOW: _store(lambda: Weather(delay=SLOW)),
    Kind.STORE_500: _store(lambda: Weather(status=500)),
    Kind.STORE_503: _store(lambda: Weather(status=503)),
    Kind.STORE_CUT: _store(lambda: Weather(cut_after=CUT_AFTER)),
    Kind.STORE_MUTE: lambda farm, fault: _overcast(
        [farm.ground.store_link], Weather(mute=True, forgetful=fault.amount < FORGETFUL)
    ),
    Kind.CLOCK_SET: _set_clock,
    Kind.SCRATCH_FULL: _fill("scratch"),
    Kind.OBJECTS_FULL: _fill("objects"),
    Kind.OTHER_VERSION: _hire_other,
    Kind.DUPLICATED: lambda farm, fault: duplicate(farm.messages, _chance(fault), fault.seconds),
    Kind.REORDERED: lambda farm, fault: reorder(farm.messages, _chance(fault), fault.seconds),
    Kind.DELAYED: lambda farm, fault: delay(farm.messages, _chance(fault), fault.seconds),
}

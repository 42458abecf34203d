"""Do hundreds of faults to a standing farm: `python -m bench.chaos --farm servers --faults 500 --seed 7 --log FILE`.

Prints a table of the faults and what they cost; the log gets a line of JSON for each fault. If a round leaves
something wrong, the command that repeats it is printed, and a new farm continues with the next round.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.chaos_log import Tally, write_outcome
from bench.figures import machine
from testing.chaos.driver import Driver, Outcome
from testing.chaos.faults import possible_kinds
from testing.chaos.kinds import EMBEDDED, SERVERS, Kind
from testing.chaos.plan import Round, derive_plan
from testing.chaos.servers import Ground, embedded_ground, server_ground
from testing.chaos.settings import CHAOS
from testing.chaos.standing import StandingFarm, processes_of, standing_farm
from testing.chaos.undisturbed import undisturbed_results
from testing.chaos.work import Work, add_paced_voices
from testing.services.environment import shut_off
from testing.services.postgres import PostgresServer
from testing.services.redis import RedisServer
from testing.services.s3 import S3Server

Asked = argparse.Namespace


def main() -> None:
    """Run all rounds and print the table."""
    asked = _asked(sys.argv[1:])
    print(f"{machine()}, {time.strftime('%Y-%m-%d')}; {asked.farm}, seed {asked.seed}\n", flush=True)
    with TemporaryDirectory(prefix="voicefarm-bench-") as name:
        shut_off(Path(name))
        tally = Tally()
        for outcome in _outcomes(asked, Path(name)):
            tally.add(outcome)
            write_outcome(outcome, asked.farm, asked.log)
            _tell(outcome, asked)
    print(tally.table())
    sys.exit(1 if tally.wrong else 0)


def _outcomes(asked: Asked, folder: Path) -> Iterator[Outcome]:
    """The outcome of every round; a farm is used until a round leaves something wrong on it."""
    work = Work.made_in(folder / "recordings")
    undisturbed = undisturbed_results(folder / "undisturbed", work, **CHAOS)
    with ExitStack() as held:
        servers = _Servers(held, folder) if asked.farm == SERVERS else None
        rounds: list[Round] | None = None
        farms = 0
        while rounds is None or rounds:
            farms += 1
            with _farm(folder / f"farm-{farms}", servers) as farm:
                rounds = rounds if rounds is not None else _plan(asked, farm)
                driver = Driver(farm, work, undisturbed, strict=asked.strict)
                while rounds:
                    outcome = driver.run(rounds.pop(0))
                    if outcome.wrong:
                        print(farm.logs(), file=sys.stderr, flush=True)
                    yield outcome
                    if outcome.wrong:
                        break


class _Servers:
    """Servers that live as long as the run; every farm gets a database and a bucket of its own."""

    def __init__(self, held: ExitStack, folder: Path) -> None:
        for name in ("redis", "s3"):
            (folder / name).mkdir()
        self.redis, self.s3, self.postgres = RedisServer(folder / "redis"), S3Server(folder / "s3"), PostgresServer()
        for server in (self.redis, self.s3):
            server.start()
            held.callback(server.stop)
        self.postgres.start()
        held.callback(self.postgres.remove)

    def ground(self, folder: Path) -> AbstractContextManager[Ground]:
        """The servers and settings for one farm."""
        self.redis.empty()
        return server_ground(folder, self.redis, self.postgres, self.s3, **CHAOS)


@contextmanager
def _farm(folder: Path, servers: _Servers | None) -> Iterator[StandingFarm]:
    folder.mkdir()
    made = servers.ground(folder) if servers else embedded_ground(folder, **CHAOS)
    with made as ground, standing_farm(ground, folder) as farm:
        add_paced_voices(farm.database)
        yield farm
        farm.stop()
        if left := processes_of(farm.settings):
            raise SystemExit(f"the farm has ended, but these processes have not: {left}")


def _plan(asked: Asked, farm: StandingFarm) -> list[Round]:
    kinds, impossible = possible_kinds(farm)
    for kind, why in impossible.items():
        print(f"left out: {kind}, because {why}")
    if asked.kind:
        kinds = tuple(kind for kind in kinds if kind in {Kind(name) for name in asked.kind})
    kinds = tuple(kind for kind in kinds if kind not in {Kind(name) for name in asked.without or ()})
    plan = derive_plan(asked.seed, asked.farm, kinds, faults=asked.faults, every=asked.every, per_round=asked.per_round)
    return [round_ for round_ in plan if not asked.round or round_.number in asked.round]


def _tell(outcome: Outcome, asked: Asked) -> None:
    faults = [fault.number for fault in outcome.round.faults]
    waited = "?" if outcome.urgent_waited is None else f"{outcome.urgent_waited:.1f} s"
    print(
        f"round {outcome.round.number}, faults {min(faults)}-{max(faults)}: {outcome.jobs} jobs,"
        f" {outcome.retried} retried, urgent after {waited}, settled in {outcome.settled_in:.1f} s,"
        f" {outcome.unacknowledged} unacknowledged:"
        f" {'WRONG' if outcome.wrong else 'ok'}",
        flush=True,
    )
    if not outcome.wrong:
        return
    kinds = "".join(f" --kind '{kind}'" for kind in asked.kind or ())
    kinds += "".join(f" --without '{kind}'" for kind in asked.without or ())
    kinds += " --strict" if asked.strict else ""
    print(
        "\n".join(f"  - {line}" for line in outcome.wrong)
        + f"\n  again: python -m bench.chaos --farm {asked.farm} --faults {asked.faults} --seed {asked.seed}"
        f" --every {asked.every:g} --per-round {asked.per_round}{kinds} --round {outcome.round.number}",
        flush=True,
    )


def _asked(arguments: Sequence[str]) -> Asked:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--farm", choices=(EMBEDDED, SERVERS), default=EMBEDDED)
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--every", type=float, default=1.5, help="seconds from one fault to the next")
    parser.add_argument("--per-round", type=int, default=25, help="faults before the farm may settle")
    parser.add_argument("--kind", action="append", choices=[str(kind) for kind in Kind], help="only this; repeatable")
    parser.add_argument("--without", action="append", choices=[str(kind) for kind in Kind], help="not this; repeatable")
    parser.add_argument("--round", action="append", type=int, help="only this round; repeatable")
    parser.add_argument("--strict", action="store_true", help="also fail if Redis keeps messages of killed processes")
    parser.add_argument("--log", type=Path, help="file to append a line of JSON to for each fault")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()

"""Many short recordings through a farm on Redis, PostgreSQL and an S3 server, or a shared folder: how many a second,
and how much of the machine the servers take.
"""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from bench.bulk import COUNT, LONGEST, SHORTEST, Bulk, converted, write_recordings
from bench.figures import Figure, machine, show
from storage.settings import Settings
from testing.running_farm import running_farm
from testing.services.building import server_settings
from testing.services.postgres import PostgresServer
from testing.services.redis import RedisServer
from testing.services.s3 import S3Server
from testing.services.server import Server

WORKERS = 2
#: Finished a second.
TARGET = 100


def measure(count: int = COUNT) -> list[Figure]:
    """With both kinds of object store."""
    return [figure for kind in ("an S3 server", "a shared folder") for figure in _measured(kind, count)]


def _measured(kind: str, count: int) -> Iterator[Figure]:
    with TemporaryDirectory(prefix="voicefarm-bench-") as name, servers_in(Path(name)) as servers:
        folder = Path(name)
        write_recordings(folder / "in", count)
        settings = settings_on(folder, servers, kind)
        with running_farm(settings, WORKERS):
            before = _taken(servers)
            bulk = converted(folder, "through", settings)
            took = {server: after - before[server] for server, after in _taken(servers).items()}
    yield from _figures(kind, count, bulk, took)


def _figures(kind: str, count: int, bulk: Bulk, took: Mapping[str, float]) -> Iterator[Figure]:
    what = f"{count:,} recordings of {SHORTEST:g}-{LONGEST:g} s on Redis, PostgreSQL and {kind}"
    rate = bulk.finished / bulk.done
    yield Figure(f"{what}: finished a second", f"{rate:.1f}", f"{TARGET}", rate >= TARGET)
    yield Figure("memory of the client", f"{bulk.memory:.0f} MB", "150 MB", bulk.memory <= 150)
    for server, seconds in took.items():
        yield Figure(
            f"processor time of {server} for a recording", f"{1000 * seconds / count:.1f} ms", "", reached=True
        )


@contextmanager
def servers_in(folder: Path) -> Iterator[dict[str, Server]]:
    """Redis, an S3 server and PostgreSQL."""
    servers: dict[str, Server] = {"Redis": RedisServer(folder), "the S3 server": S3Server(folder)}
    postgres = PostgresServer()
    try:
        for server in (*servers.values(), postgres):
            server.start()
        yield {**servers, "PostgreSQL": postgres}
    finally:
        for server in servers.values():
            server.stop()
        postgres.remove()


def settings_on(folder: Path, servers: Mapping[str, Server], kind: str) -> Settings:
    """Those of a farm on these servers, with this kind of object store."""
    redis, s3, postgres = servers["Redis"], servers["the S3 server"], servers["PostgreSQL"]
    assert isinstance(redis, RedisServer)
    assert isinstance(s3, S3Server)
    assert isinstance(postgres, PostgresServer)
    objects = s3.new_bucket() if kind == "an S3 server" else {"objects_url": f"file://{folder}/objects"}
    database = postgres.url(postgres.create(postgres.migrated_template()))
    return server_settings(Settings(state=str(folder / "state")), redis, database, objects)


def _taken(servers: Mapping[str, Server]) -> dict[str, float]:
    """Seconds of processor time that each server has taken, with its own processes."""
    return {name: sum(map(_seconds, _tree(server))) for name, server in servers.items()}


def _tree(server: Server) -> list[psutil.Process]:
    assert server.process is not None
    root = psutil.Process(server.process.pid)
    return [root, *root.children(recursive=True)]


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    # Of PostgreSQL's processes for connections that are over, their parent knows.
    return float(times.user + times.system + times.children_user + times.children_system)


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--count", type=int, default=COUNT)
    print(machine())
    show(measure(given.parse_args().count))

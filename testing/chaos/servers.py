"""The servers that each kind of farm stands on, with links to them that have weather."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import redis

from dispatcher.local.child import Child
from dispatcher.local.redis_server import start_redis
from storage.settings import Settings
from testing.chaos.kinds import EMBEDDED, SERVERS
from testing.chaos.link import Link
from testing.chaos.plan import APART
from testing.services.building import embedded_settings, migrated_sqlite
from testing.services.postgres import PostgresServer
from testing.services.redis import RedisServer
from testing.services.s3 import S3Server
from testing.services.server import HOST


class Broker(Protocol):
    """A Redis that can be frozen, killed and inspected."""

    def client(self) -> redis.Redis: ...

    def pid(self) -> int: ...

    def restart(self) -> None: ...


@dataclass(slots=True)
class OwnBroker:
    """The private Redis of an embedded farm, which the farm's supervisor restarts."""

    child: Child
    socket: Path

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=10)

    def pid(self) -> int:
        assert self.child.process is not None
        return self.child.process.pid

    def restart(self) -> None:
        self.child.deaths = 0
        self.child.kill()


@dataclass(slots=True)
class ServerBroker:
    """A Redis server outside the farm, restarted here."""

    server: RedisServer

    def client(self) -> redis.Redis:
        return self.server.client()

    def pid(self) -> int:
        assert self.server.process is not None
        return self.server.process.pid

    def restart(self) -> None:
        self.server.kill_and_restart()


@dataclass(frozen=True, slots=True)
class Ground:
    """All that a farm stands on."""

    kind: str
    settings: Settings
    """The settings of the dispatcher and of ordinary workers."""
    direct: Settings
    """The same without any weather, for observers."""
    broker: Broker
    own: Child | None
    """The broker's process, if it belongs to the farm."""
    links: Mapping[str, Link]
    """The link to the broker of each worker that has its own."""
    store_link: Link | None
    postgres: PostgresServer | None
    s3: S3Server | None

    def settings_of(self, worker: str) -> Settings:
        """The settings that a worker is started with."""
        link = self.links.get(worker)
        if link is None:
            return self.settings
        secret = "" if self.kind == EMBEDDED else self.settings.broker_url.removeprefix("redis://").partition("@")[0]
        place = f"{HOST}:{link.port}/0"
        return replace(
            self.settings,
            broker_url=f"redis://{secret}@{place}" if secret else f"redis://{place}",
            database_url="",
            objects_url=self.settings.resolved_objects_url,
        )


@contextmanager
def embedded_ground(folder: Path, **changes: Any) -> Iterator[Ground]:
    """Ground that needs only this machine: a private Redis, SQLite, a folder."""
    settings = replace(embedded_settings(folder), objects_url=(folder / "objects").as_uri(), **changes)
    settings.state_folder.mkdir()
    migrated_sqlite(settings.state_folder)
    child = start_redis(settings)
    with ExitStack() as held:
        held.callback(child.kill)
        links = {name: _link(held, settings.socket_path) for name in APART}
        broker = OwnBroker(child, settings.socket_path)
        yield Ground(EMBEDDED, settings, settings, broker, child, links, None, None, None)


@contextmanager
def server_ground(
    folder: Path, redis_server: RedisServer, postgres: PostgresServer, s3: S3Server, **changes: Any
) -> Iterator[Ground]:
    """Ground with Redis, PostgreSQL and S3 as servers."""
    with ExitStack() as held:
        direct = replace(
            embedded_settings(folder),
            broker_url=redis_server.url,
            database_url=held.enter_context(postgres.database(postgres.migrated_template())),
            **{**s3.new_bucket(), **changes},
        )
        links = {name: _link(held, (HOST, redis_server.port)) for name in APART}
        store_link = _link(held, (HOST, s3.port))
        settings = replace(direct, objects_endpoint=f"http://{HOST}:{store_link.port}")
        broker = ServerBroker(redis_server)
        yield Ground(SERVERS, settings, direct, broker, None, links, store_link, postgres, s3)


def _link(held: ExitStack, upstream: tuple[str, int] | Path) -> Link:
    link = Link(upstream)
    link.start()
    held.callback(link.stop)
    return link

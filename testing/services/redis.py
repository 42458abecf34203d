"""A real Redis that stores nothing on disk, so that every restart loses everything."""

from collections.abc import Sequence
from urllib.parse import quote

import redis

from dispatcher.local.redis_server import find_server
from testing.services.server import HOST, PASSWORD, Server


class RedisServer(Server):
    """Redis on a port of loopback, with a password."""

    def command(self) -> Sequence[str]:
        """The server program that the farm itself would find, on TCP."""
        return (
            str(find_server()), "--bind", HOST, "--port", str(self.port), "--requirepass", PASSWORD,
            "--save", "", "--appendonly", "no", "--dir", str(self.folder), "--loglevel", "warning",
        )  # fmt: skip

    @property
    def url(self) -> str:
        """The URL for Celery and redis-py."""
        return f"redis://:{quote(PASSWORD, safe='')}@{HOST}:{self.port}/0"

    def client(self) -> redis.Redis:
        """A connection for inspecting its content."""
        return redis.Redis(host=HOST, port=self.port, password=PASSWORD, socket_timeout=5)

    def answers(self) -> bool:
        """Whether it can be used."""
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def kill_and_restart(self) -> None:
        """Lose everything, but keep the address."""
        self.kill()
        self.start()

    def empty(self) -> None:
        """Prepare for the next test, whatever the last one did."""
        if not self.is_alive:
            self.start()
        with self.client() as client:
            client.flushall()

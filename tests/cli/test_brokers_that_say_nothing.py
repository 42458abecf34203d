"""Ports that accept a connection but do not talk like a broker are reported soon, not waited for."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread

import pytest

from dispatcher.local import broker
from dispatcher.local.broker import require_broker
from storage.errors import BrokerUnavailable, SettingsError
from storage.settings import Settings
from testing.services.redis import RedisServer
from testing.services.server import HOST

SECRET = "s3cret"
#: How long these tests wait for a broker; elsewhere it is five times as long.
PATIENCE = 1.0
#: Seconds within which the answer must come, on a busy machine.
SOON = 4.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    assert broker.PATIENCE == 5 * PATIENCE
    monkeypatch.setattr(broker, "PATIENCE", PATIENCE)


@pytest.fixture
def port_of() -> Iterator[Callable[[Callable[[socket.socket], object]], int]]:
    """Opens ports that treat every visitor in a given way."""
    doors: list[socket.socket] = []

    def opened(treat: Callable[[socket.socket], object]) -> int:
        door = socket.create_server((HOST, 0))
        doors.append(door)
        Thread(target=_receive, args=(door, treat), daemon=True).start()
        port: int = door.getsockname()[1]
        return port

    yield opened
    for door in doors:
        # Closing alone would not wake the thread that waits here.
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        door.close()


def _receive(door: socket.socket, treat: Callable[[socket.socket], object]) -> None:
    visitors = []
    with suppress(OSError):
        while True:
            visitor = door.accept()[0]
            visitors.append(visitor)
            with suppress(OSError):
                treat(visitor)
    for visitor in visitors:
        visitor.close()


def _refused(url: str) -> str:
    began = time.monotonic()
    with pytest.raises(BrokerUnavailable) as refused:
        require_broker(Settings(broker_url=url))
    assert time.monotonic() - began < SOON
    assert SECRET not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_a_port_that_never_answers_is_reported_soon(scheme: str, port_of: Callable[..., int]) -> None:
    said = _refused(f"{scheme}://:{SECRET}@{HOST}:{port_of(lambda _: None)}/0")
    assert f"the broker {scheme}://:***@{HOST}" in said
    assert "Timeout" in said


def test_tls_to_a_port_without_tls_is_reported(redis_server: RedisServer) -> None:
    said = _refused(f"rediss://:{SECRET}@{HOST}:{redis_server.port}/0")
    assert "that Redis runs with TLS on this port; redis:// is for one without" in said


def test_plain_redis_to_a_port_with_tls_is_reported(port_of: Callable[..., int]) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    said = _refused(f"redis://:{SECRET}@{HOST}:{port_of(lambda visitor: tls.wrap_socket(visitor, server_side=True))}/0")
    assert "rediss:// is for a port with TLS" in said


@pytest.mark.parametrize(
    "url", ["amqp://x", f"amqp://u:{SECRET}@{HOST}//", "redis:/x", "sentinel://one:26379;two:26379"]
)
def test_a_broker_other_than_redis_is_refused_without_a_try(url: str) -> None:
    with pytest.raises(SettingsError, match="names no broker that we can use; it must be like redis://") as refused:
        require_broker(Settings(broker_url=url))
    assert SECRET not in str(refused.value)

"""In every weather, a link passes what it should and nothing else."""

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from testing.chaos.link import Link
from testing.chaos.weather import FAIR, Weather
from testing.services.server import HOST
from testing.services.waiting import wait_until

BODY = b"x" * 5000
#: Longer than anything takes on loopback; a test waits this long for what must not arrive.
SOON = 0.3


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Quiet(ThreadingHTTPServer):
    """A server that does not mind when a client hangs up: here that is on purpose."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@pytest.fixture
def link() -> Iterator[Link]:
    with Quiet((HOST, 0), Answering) as server:
        serving = Thread(target=server.serve_forever, args=(0.02,))
        serving.start()
        made = Link((HOST, server.server_address[1]))
        made.start()
        yield made
        made.stop()
        server.shutdown()
        serving.join()


def ask(link: Link, timeout: float = 5.0) -> tuple[int, bytes]:
    connection = HTTPConnection(HOST, link.port, timeout=timeout)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_in_fair_weather_everything_passes(link: Link) -> None:
    assert ask(link) == (200, BODY)


@pytest.mark.parametrize("status", [500, 503, 507])
def test_it_answers_in_place_of_the_server(link: Link, status: int) -> None:
    link.set(Weather(status=status))
    assert ask(link)[0] == status


@pytest.mark.parametrize("weather", [Weather(refused=True), Weather(cut_after=700)])
def test_it_resets_connections_before_or_during_an_answer(link: Link, weather: Weather) -> None:
    link.set(weather)
    with pytest.raises((OSError, HTTPException)):
        ask(link)


@pytest.mark.parametrize("weather", [Weather(mute=True), Weather(held=True), Weather(delay=10.0)])
def test_it_keeps_a_client_waiting(link: Link, weather: Weather) -> None:
    link.set(weather)
    with pytest.raises(TimeoutError):
        ask(link, timeout=SOON)


def test_held_back_traffic_arrives_when_the_weather_clears(link: Link) -> None:
    weather = Weather(held=True)
    link.set(weather)
    got: list[tuple[int, bytes]] = []
    asking = Thread(target=lambda: got.append(ask(link)))
    asking.start()
    wait_until(lambda: link.open, 5.0, "the request to be under way")
    assert not got
    link.lift(weather)
    asking.join()
    assert got == [(200, BODY)]


def test_bad_weather_breaks_existing_connections(link: Link) -> None:
    with socket.create_connection((HOST, link.port), timeout=5.0) as idle:
        wait_until(lambda: len(link.open) == 2, 5.0, "the connection to be passed on")
        link.set(Weather(refused=True))
        with pytest.raises(ConnectionResetError):
            idle.recv(1)


def test_a_request_to_a_forgetful_server_is_never_answered(link: Link) -> None:
    weather = Weather(mute=True, forgetful=True)
    link.set(weather)
    connection = HTTPConnection(HOST, link.port, timeout=SOON)
    connection.request("GET", "/")
    wait_until(lambda: link.open, 5.0, "the request to be taken")
    link.lift(weather)
    assert ask(link) == (200, BODY)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()


def test_lifting_one_weather_leaves_a_later_one_alone(link: Link) -> None:
    first, second = Weather(status=500), Weather(status=503)
    link.set(first)
    link.set(second)
    link.lift(first)
    assert ask(link)[0] == 503
    link.lift(second)
    assert link.weather is FAIR
    assert ask(link)[0] == 200

"""metrics: the farm in numbers for Prometheus, once or over HTTP."""

import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import click

from dispatcher.cli.saying import say
from dispatcher.cli.signals import stop_on_signals
from dispatcher.client.farm import Farm
from dispatcher.reports.metrics import exposition
from storage.errors import InputError, VoicefarmError

#: The address that is served unless another is named: this machine's own, and a port that nobody is known to use.
HOST, PORT = "127.0.0.1", 9808
#: What Prometheus expects to be told about the text that it gets.
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


@click.command("metrics")
@click.option("--serve", is_flag=True, help="Answer at /metrics until told to stop, instead of printing once.")
@click.option("--host", default=HOST, show_default=True, help="The address to answer at; there is no password.")
@click.option("--port", type=click.IntRange(0, 65_535), default=PORT, show_default=True, help="0: one that is free.")
def metrics_command(*, serve: bool, host: str, port: int) -> None:
    """Print the farm in numbers for Prometheus: throughput in seconds of audio, speeds, what waits and what failed."""
    farm = Farm.open()
    if not serve:
        sys.stdout.write(exposition(farm.metrics()))
        return
    stop = stop_on_signals()
    with _server(host, port, lambda: exposition(farm.metrics())) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        say(f"metrics at http://{host}:{server.server_port}/metrics")
        stop.wait()
        server.shutdown()


def _server(host: str, port: int, told: Callable[[], str]) -> ThreadingHTTPServer:
    class Answering(BaseHTTPRequestHandler):
        """Answers one question."""

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(HTTPStatus.NOT_FOUND, "metrics are at /metrics")
                return
            try:
                text = told().encode()
            except VoicefarmError as error:
                self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, "the records do not answer", str(error))
                return
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", _TEXT)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Nobody reads that it was asked every ten seconds."""

    try:
        return ThreadingHTTPServer((host, port), Answering)
    except OSError as error:
        raise InputError(
            f"metrics cannot be served at {host}:{port} ({error.strerror}); choose another address or port"
        ) from error

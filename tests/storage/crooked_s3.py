"""Servers that give answers no S3 server should give."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from testing.services.s3 import S3Server
from testing.services.server import HOST


@dataclass
class Answer:
    """The answer sent to the client."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    #: Whether to add a Content-Length if the headers have none; without one, the connection is closed instead.
    counted: bool = True


@dataclass(frozen=True)
class Asked:
    """The client's request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@contextmanager
def serving(answer: Callable[[Asked], Answer]) -> Iterator[str]:
    """The endpoint of a server that gives these answers."""

    class Handler(BaseHTTPRequestHandler):
        # With the older protocol, boto3 would wait for an answer that never comes.
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.reply(answer(Asked(self.command, self.path, dict(self.headers), body)))

        do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names that http.server requires

        def handle(self) -> None:
            # A client may hang up on an answer it does not like.
            with suppress(ConnectionError):
                super().handle()

        def reply(self, given: Answer) -> None:
            headers = {name.lower(): value for name, value in given.headers.items()}
            if given.counted:
                headers.setdefault("content-length", str(len(given.body)))
            self.send_response(given.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(given.body)
            self.close_connection = headers.get("content-length") != str(len(given.body))

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def in_between(server: S3Server, bend: Callable[[Asked, Answer], Answer]) -> Iterator[str]:
    """The endpoint of a proxy in front of a real server, which alters the answers on their way back."""

    def forward(asked: Asked) -> Answer:
        connection = HTTPConnection(HOST, server.port, timeout=20)
        try:
            connection.request(asked.method, asked.path, asked.body or None, asked.headers)
            given = connection.getresponse()
            return bend(asked, Answer(given.status, dict(given.getheaders()), given.read()))
        finally:
            connection.close()

    with serving(forward) as endpoint:
        yield endpoint

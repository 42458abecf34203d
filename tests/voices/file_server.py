"""A web server with one file, which can break off, ignore range requests, or send something else."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(slots=True)
class FileServer:
    """What is served and how, and what was asked for."""

    data: bytes
    host: str = ""
    breaks_after: list[int] = field(default_factory=list)
    """Bytes after which each of the next answers breaks off."""
    knows_ranges: bool = True
    status: int = 200
    asked: list[str] = field(default_factory=list)
    """The range of every request, or nothing."""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        given = request.headers.get("Range") or ""
        self.asked.append(given)
        found = re.fullmatch(r"bytes=(\d+)-", given) if self.knows_ranges else None
        start = int(found[1]) if found else 0
        request.send_response(206 if found and self.status == 200 else self.status)
        request.send_header("Content-Length", str(len(self.data) - start))
        request.end_headers()
        stop = start + self.breaks_after.pop(0) if self.breaks_after else len(self.data)
        with suppress(ConnectionError):
            # The client may hang up.
            request.wfile.write(self.data[start:stop])


@contextmanager
def serving(data: bytes) -> Iterator[FileServer]:
    """A server that runs for as long as the block."""
    server = FileServer(data)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        server.host = f"http://127.0.0.1:{http.server_port}"
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()

"""A TCP link between a farm and one of its servers, with whatever weather a test wants on it."""

import asyncio
import socket
import struct
from contextlib import suppress
from pathlib import Path
from threading import Thread

from testing.chaos.weather import FAIR, Weather
from testing.services.server import HOST

PIECE = 1 << 16
#: A linger time of zero makes the kernel reset a connection instead of closing it.
_NO_GOODBYE = struct.pack("ii", 1, 0)
#: The body of an S3 server's error; clients look only at the status.
_ERROR_BODY = b'<?xml version="1.0"?><Error><Code>InternalError</Code><Message>made by a test</Message></Error>'


class Link:
    """Listens on a port of loopback and forwards everything to one address, weather permitting."""

    def __init__(self, upstream: tuple[str, int] | Path) -> None:
        self.upstream = upstream
        self.weather = FAIR
        self.port = 0
        self.loop = asyncio.new_event_loop()
        self.clear = asyncio.Event()
        self.open: set[asyncio.StreamWriter] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.thread = Thread(target=self.loop.run_forever, name="link", daemon=True)

    def start(self) -> None:
        """Start listening."""
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result()

    def stop(self) -> None:
        """Close all connections and stop listening."""
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def set(self, weather: Weather) -> None:
        """Set the weather from now on."""
        asyncio.run_coroutine_threadsafe(self._set(weather), self.loop).result()

    def lift(self, weather: Weather) -> None:
        """Make the weather fair again, unless it has been set to another one since."""
        if self.weather is weather:
            self.set(FAIR)

    async def _listen(self) -> None:
        self.clear.set()
        self.server = await asyncio.start_server(self._take, HOST, 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.server.wait_closed()
        # The loop closes transports only in its next iterations.
        for _ in range(3):
            await asyncio.sleep(0)

    async def _set(self, weather: Weather) -> None:
        breaks = weather.breaks_connections or (self.weather.breaks_connections and not self.weather.forgetful)
        self.weather = weather
        if weather.held:
            self.clear.clear()
        else:
            self.clear.set()
        if breaks:
            for writer in list(self.open):
                _reset(writer)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.open.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            writer.close()
            self.open.discard(writer)
            self.tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        weather = self.weather
        if weather.refused:
            _reset(writer)
            return
        if weather.mute:
            while await reader.read(PIECE):
                pass
        elif weather.status is not None:
            await _answer(reader, writer, weather.status)
        else:
            await self._join(reader, writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward bytes both ways until either side ends."""
        if isinstance(self.upstream, Path):
            up_reader, up_writer = await asyncio.open_unix_connection(self.upstream)
        else:
            up_reader, up_writer = await asyncio.open_connection(*self.upstream)
        self.open.add(up_writer)
        ways = [
            asyncio.create_task(self._pass_on(reader, up_writer, None)),
            asyncio.create_task(self._pass_on(up_reader, writer, self.weather.cut_after)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # This comes first, because the wait below may be cut short.
            up_writer.close()
            self.open.discard(up_writer)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None) -> None:
        passed = 0
        while piece := await reader.read(PIECE):
            await asyncio.sleep(self.weather.delay)
            await self.clear.wait()
            writer.write(piece if most is None else piece[: most - passed])
            await writer.drain()
            passed += len(piece)
            if most is not None and passed >= most:
                _reset(writer)
                return


def _reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection off with a reset, not with an orderly close."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.family != socket.AF_UNIX and connection.fileno() >= 0:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_GOODBYE)
    writer.transport.abort()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int) -> None:
    """Read a request's head and answer with an error, ignoring the body."""
    head = await reader.readuntil(b"\r\n\r\n")
    body = b"" if head.startswith(b"HEAD ") else _ERROR_BODY
    writer.write(
        f"HTTP/1.1 {status} Made by a test\r\nContent-Type: application/xml\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    await writer.drain()
    writer.close()
    # Read the rest of the request, or the reset that follows would overtake the answer.
    while await reader.read(PIECE):
        pass

"""A TCP relay on loopback that misbehaves as told: cut, slow, sliced, late, deaf, or silent without a word.

Each direction, `up` to the target and `down` from it, has a `Path` of its own, which may be changed at any moment.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

READ_BYTES = 65_536
SLOW_READ_BYTES = 1024
_AT_ONCE = struct.pack("ii", 1, 0)


class Path:
    """What happens to the bytes of one direction, of all connections together."""

    def __init__(self) -> None:
        self.bytes_per_second: float | None = None
        """How fast bytes go on; None for as fast as they come."""
        self.delay_seconds = 0.0
        """How long each piece is held before it goes on."""
        self.slice_bytes: int | None = None
        """Pass pieces of at most this size, each on its own; None for as they come."""
        self.reset_after_bytes: int | None = None
        """Reset every connection once this many more bytes have gone on, in the middle of a piece."""
        self.swallows = False
        """Take what comes and pass nothing on: the answer was given, and never arrives."""
        self.passed_bytes = 0
        """How many bytes have gone on, over all connections."""
        self.kept: bytearray | None = None
        """Where to keep what has gone on; None to keep nothing."""


class Relay:
    """Passes bytes both ways between its own port and `target_port` of the loopback."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.connections = 0
        self.up = Path()
        self.down = Path()
        self._target_port = target_port
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[object]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def go_silent(self) -> None:
        """Pass nothing on any more, and leave every connection open: what a cut cable looks like."""
        self._speaks.clear()

    def speak_again(self) -> None:
        """Pass on what has come meanwhile, and what comes."""
        self._speaks.set()

    def turn_to(self, target_url: str) -> None:
        """Have new connections go to another target; those that are open stay where they are."""
        self._target_port = _port(target_url)

    def cut(self) -> None:
        """Reset every connection."""
        for writer in list(self._writers):
            _reset(writer)

    def heal(self) -> None:
        """Misbehave no more; connections that have lost bytes are reset."""
        if self.up.swallows or self.down.swallows:
            self.cut()
        self.up, self.down = Path(), Path()
        self.speak_again()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection until either side closes."""
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except ConnectionError:
            _reset(writer)  # the target is down: what its port would have said
            return
        self._writers |= {writer, target_writer}
        try:
            await asyncio.wait(
                [
                    asyncio.create_task(self._pass(reader, target_writer, is_up=True)),
                    asyncio.create_task(self._pass(target_reader, writer, is_up=False)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._writers -= {writer, target_writer}
            writer.transport.abort()
            target_writer.transport.abort()

    async def end(self) -> None:
        """Reset every connection and wait until all are closed."""
        self.speak_again()
        while self._serving:
            self.cut()
            await asyncio.wait(self._serving, timeout=0.1)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_up: bool) -> None:
        try:
            while True:
                path = self.up if is_up else self.down
                is_slow = path.bytes_per_second is not None
                read = await reader.read(path.slice_bytes or (SLOW_READ_BYTES if is_slow else READ_BYTES))
                await self._speaks.wait()
                if not read or not await self._go_on(self.up if is_up else self.down, read, writer):
                    return
        except ConnectionError:
            return  # cut, as asked

    async def _go_on(self, path: Path, read: bytes, writer: asyncio.StreamWriter) -> bool:
        """Pass a piece on; return whether the connection lives after it."""
        if path.delay_seconds:
            await asyncio.sleep(path.delay_seconds)
        if path.swallows:
            return True
        left = path.reset_after_bytes
        piece = read if left is None else read[:left]
        writer.write(piece)
        await writer.drain()
        path.passed_bytes += len(piece)
        if path.kept is not None:
            path.kept += piece
        if left is not None:
            path.reset_after_bytes = left - len(piece)
            if not path.reset_after_bytes:
                path.reset_after_bytes = None
                self.cut()
                return False
        if path.bytes_per_second is not None:
            await asyncio.sleep(len(read) / path.bytes_per_second)
        return True


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, as a machine does that knows nothing of the connection."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    writer.transport.abort()


@asynccontextmanager
async def running_relay(target_url: str) -> AsyncIterator[Relay]:
    """Run a relay to the server at `target_url` while the block lasts."""
    relay = Relay(_port(target_url))
    serving = await asyncio.start_server(relay.serve, "127.0.0.1", 0, limit=READ_BYTES)
    relay.port = serving.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        serving.close()
        await relay.end()

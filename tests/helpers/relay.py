"""A TCP relay between the agent and its server that can be cut, slowed, or go silent without a word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

READ_BYTES = 65_536


class Relay:
    """Passes bytes both ways between its own port and `target_port` of the loopback."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.connections = 0
        self.bytes_per_second: float | None = None
        """How fast bytes go up to the target; None for as fast as they come."""
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

    def cut(self) -> None:
        """Reset every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection until either side closes."""
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        self._writers |= {writer, target_writer}
        try:
            await asyncio.wait(
                [
                    asyncio.create_task(self._pass(reader, target_writer, slowed=True)),
                    asyncio.create_task(self._pass(target_reader, writer, slowed=False)),
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

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slowed: bool) -> None:
        try:
            while True:
                rate = self.bytes_per_second if slowed else None
                read = await reader.read(READ_BYTES if rate is None else 1024)
                await self._speaks.wait()
                if not read:
                    return
                writer.write(read)
                await writer.drain()
                if rate is not None:
                    await asyncio.sleep(len(read) / rate)
        except ConnectionError:
            return  # cut, as asked


@asynccontextmanager
async def running_relay(target_url: str) -> AsyncIterator[Relay]:
    """Run a relay to the server at `target_url` while the block lasts."""
    relay = Relay(int(target_url.rpartition(":")[2]))
    serving = await asyncio.start_server(relay.serve, "127.0.0.1", 0, limit=READ_BYTES)
    relay.port = serving.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        serving.close()
        await relay.end()

"""The floor as a journey: start its processes, send by one WebSocket, view by others."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

CLI = Path(__file__).with_name("cli.py")


@dataclass(frozen=True, slots=True)
class FloorViewer:
    socket: ClientConnection

    async def messages(self) -> AsyncIterator[bytes]:
        async for message in self.socket:
            yield message if isinstance(message, bytes) else message.encode()

    def output(self, message: bytes) -> bytes:
        return message


class FloorJourney:
    """Lines by one WebSocket, output by another, a pipe and an HMAC between them."""

    def __init__(self, port: int, sender: ClientConnection, pids: tuple[int, ...]) -> None:
        self.pids = pids
        self.port = port
        self._sender = sender

    async def send(self, line: str) -> None:
        await self._sender.send(line + "\n")

    async def settled(self) -> None:
        """Nothing answers a line but its echo."""

    @asynccontextmanager
    async def view(self) -> AsyncIterator[FloorViewer]:
        async with connect(f"ws://127.0.0.1:{self.port}/viewer", compression=None, max_size=None) as socket:
            yield FloorViewer(socket)


@asynccontextmanager
async def floor(relay: str = "agent") -> AsyncIterator[FloorJourney]:
    """Start relay server, relay agent (`terminal`: the program has one) and program; stop them at the end."""
    server = await _start("server")
    assert server.stdout is not None
    port = int(await server.stdout.readline())
    agent = await _start(relay, f"ws://127.0.0.1:{port}/agent", "--", sys.executable, "-S", "-E", str(CLI))
    try:
        async with connect(f"ws://127.0.0.1:{port}/sender", compression=None) as sender:
            journey = FloorJourney(port, sender, (server.pid, agent.pid))
            await _until_echo(journey)
            yield journey
    finally:
        for process in (agent, server):
            process.terminate()
            await process.wait()


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.floor", *arguments, stdout=asyncio.subprocess.PIPE
    )


async def _until_echo(journey: FloorJourney) -> None:
    """Wait until the agent has connected: lines sent before that have nowhere to go."""
    async with journey.view() as viewer:
        while True:
            await journey.send("hello")
            try:
                await asyncio.wait_for(anext(viewer.messages()), 0.2)
            except TimeoutError:
                continue
            return

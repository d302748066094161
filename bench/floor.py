"""The floor: a program, a relay that signs and one that verifies; a pipe or a terminal and two WebSockets join them.

Nothing is stored, numbered or acknowledged; it is what the same journey costs at the least on this machine.
`python -m bench.floor agent|terminal URL -- COMMAND…` and `python -m bench.floor server` are its two processes.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import sys
import tty
from collections.abc import Awaitable, Callable

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

KEY = b"k" * 32
READ_BYTES = 1024 * 1024


async def relay_agent(url: str, command: list[str]) -> None:
    """Run `command`; send what it prints, signed, and write to it what comes back."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=4 * READ_BYTES
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdout = process.stdout
    await _relay(url, lambda: stdout.read(READ_BYTES), process.stdin.write)


async def relay_terminal(url: str, command: list[str]) -> None:
    """Run `command` on a terminal of its own; send what it shows, signed, and type what comes back."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    await asyncio.create_subprocess_exec(*command, stdin=theirs, stdout=theirs)
    shown = asyncio.StreamReader(limit=4 * READ_BYTES)
    reader = os.fdopen(ours, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(shown), reader)
    await _relay(url, lambda: shown.read(READ_BYTES), lambda typed: os.write(ours, typed))


async def _relay(url: str, read: Callable[[], Awaitable[bytes]], write: Callable[[bytes], object]) -> None:
    async with connect(url, compression=None, max_size=None) as socket:

        async def upward() -> None:
            while chunk := await read():
                await socket.send(hmac.digest(KEY, chunk, "sha256") + chunk)

        async def downward() -> None:
            async for message in socket:
                write(message if isinstance(message, bytes) else message.encode())

        down = asyncio.create_task(downward())
        await upward()
        down.cancel()


async def relay_server() -> None:
    """Verify what the agent sends and pass it to every viewer; pass what viewers send to the agent."""
    agents: set[ServerConnection] = set()
    viewers: set[ServerConnection] = set()

    async def serve_one(socket: ServerConnection) -> None:
        assert socket.request is not None
        mine, others = (viewers, agents) if socket.request.path == "/viewer" else (agents, viewers)
        if socket.request.path == "/sender":
            mine, others = set(), agents
        mine.add(socket)
        try:
            async for message in socket:
                payload = message if isinstance(message, bytes) else message.encode()
                if mine is agents:
                    signature, payload = payload[:32], payload[32:]
                    if not hmac.compare_digest(signature, hmac.digest(KEY, payload, "sha256")):
                        raise SystemExit("The floor received a bad signature.")
                for other in list(others):
                    await other.send(payload)
        except ConnectionClosed:
            return  # whoever it was has been stopped
        finally:
            mine.discard(socket)

    async with serve(serve_one, "127.0.0.1", 0, compression=None, max_size=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


RELAYS = {"agent": relay_agent, "terminal": relay_terminal}


def main() -> None:
    if sys.argv[1] in RELAYS:
        asyncio.run(RELAYS[sys.argv[1]](sys.argv[2], sys.argv[sys.argv.index("--") + 1 :]))
    else:
        asyncio.run(relay_server())
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

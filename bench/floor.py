"""The floor: a command line, a relay that signs and a relay that verifies, joined by a pipe and two WebSockets.

Nothing is stored, numbered or acknowledged; it is what the same journey costs at the least on this machine.
`python -m bench.floor agent URL -- COMMAND…` and `python -m bench.floor server` are its two processes.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import sys

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
    async with connect(url, compression=None, max_size=None) as socket:

        async def upward() -> None:
            assert process.stdout is not None
            while chunk := await process.stdout.read(READ_BYTES):
                await socket.send(hmac.digest(KEY, chunk, "sha256") + chunk)

        async def downward() -> None:
            assert process.stdin is not None
            async for message in socket:
                process.stdin.write(message if isinstance(message, bytes) else message.encode())

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


def main() -> None:
    if sys.argv[1] == "agent":
        asyncio.run(relay_agent(sys.argv[2], sys.argv[sys.argv.index("--") + 1 :]))
    else:
        asyncio.run(relay_server())
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

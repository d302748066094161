"""What is said while one watches a session, against a WebSocket server on loopback."""

from __future__ import annotations

import asyncio
import io
import sys

import pytest
from websockets.asyncio.server import ServerConnection, serve

from claudios.cli.turn import End, TurnWatch
from claudios.client.address import parse_address
from claudios.client.api import Client
from claudios.client.reading import read
from claudios.client.shapes import Session
from tests.unit.client.test_live import SESSION, items


class Heard(io.StringIO):
    """What is said on standard error; `any` is set once something is."""

    def __init__(self) -> None:
        super().__init__()
        self.any = asyncio.Event()

    def write(self, said: str) -> int:
        self.any.set()
        return super().write(said)


@pytest.mark.timeout(20)
async def test_a_session_that_waits_for_a_free_place_on_its_machine_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    queued = {**SESSION, "state": "queued", "agent_online": True, "agent_name": "attic"}
    heard = Heard()
    monkeypatch.setattr(sys, "stderr", heard)

    async def visit(connection: ServerConnection) -> None:
        await connection.send(items(0, session=queued, items=[]))
        while "free place on attic" not in heard.getvalue():
            heard.any.clear()
            await heard.any.wait()
        await connection.send(items(0, session={**queued, "state": "ended"}, items=[]))
        await connection.wait_closed()

    async with serve(visit, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        client = Client(parse_address(f"http://127.0.0.1:{port}"))
        watched = await TurnWatch(client, read(Session, queued), is_quiet=False).run()
    assert watched.end is End.SESSION_ENDED

"""What is said while one watches a session, against a WebSocket server on loopback."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys

import pytest
from websockets.asyncio.server import ServerConnection, serve

from claudios.cli.turn import End, TurnWatch
from claudios.client.address import parse_address
from claudios.client.api import Client
from claudios.client.reading import read
from claudios.client.shapes import Instruction, Session
from claudios.protocol.errors import Conflict
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


START = {"id": "s1", "kind": "start_session", "session_id": "s1", "created_ms": 1}


class Asked(Client):
    """A client that keeps what it was asked for; `is_late`: the machine has the start, which cannot be withdrawn."""

    def __init__(self, port: int, start: dict[str, object], *, is_late: bool) -> None:
        super().__init__(parse_address(f"http://127.0.0.1:{port}"))
        self.asked: list[str] = []
        self.is_done = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._start = start
        self._is_late = is_late

    def instructions(self, session_id: str, before_id: str | None = None) -> tuple[Instruction, ...]:
        return (read(Instruction, self._start),)

    def withdraw_instruction(self, known: Instruction) -> Instruction:
        self.asked.append("withdraw")
        if self._is_late:
            raise Conflict
        return self._done()

    def terminate(self, session_id: str) -> Instruction:
        self.asked.append("terminate")
        return self._done()

    def interrupt(self, session_id: str) -> Instruction:
        self.asked.append("interrupt")
        return self._done()

    def _done(self) -> Instruction:
        self._loop.call_soon_threadsafe(self.is_done.set)
        return read(Instruction, self._start)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("session_state", "start_state", "is_late", "asked"),
    [
        ("queued", "queued", False, ["withdraw"]),
        ("queued", "queued", True, ["withdraw", "terminate"]),
        ("queued", "done", False, ["terminate"]),
        ("running", "done", False, ["interrupt"]),
    ],
)
async def test_ctrl_c_ends_a_session_that_has_not_begun(
    session_state: str, start_state: str, is_late: bool, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    session = {**SESSION, "state": session_state}

    async def visit(connection: ServerConnection) -> None:
        await connection.send(items(0, session=session, items=[]))
        os.kill(os.getpid(), signal.SIGINT)
        await client.is_done.wait()
        await connection.send(items(0, session={**session, "state": "ended"}, items=[]))
        await connection.wait_closed()

    async with serve(visit, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        client = Asked(port, {**START, "state": start_state}, is_late=is_late)
        watched = await TurnWatch(client, read(Session, session), is_quiet=False).run()
    assert (watched.end, client.asked) == (End.INTERRUPTED, asked)
    assert ("Claude has not begun. Ending the session" in capsys.readouterr().err) == (session_state == "queued")

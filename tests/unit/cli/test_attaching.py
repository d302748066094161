"""What an attached terminal shows beside the program, and when it leaves by itself; it is as it was afterwards."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import pty
import termios
from collections.abc import Awaitable, Callable, Iterator

import pytest
from websockets.asyncio.server import ServerConnection, serve

from claudios.cli.attaching import NO_MACHINE, NO_PLACE, Attachment, Left
from claudios.client.address import parse_address
from claudios.client.terminal import Terminal

pytestmark = pytest.mark.timeout(20)
BLANK = b"\x1b[1;1H\x1b[0m"


class Window:
    """The terminal that somebody attaches: `slave` is the program's side."""

    def __init__(self) -> None:
        self._master, self.slave = pty.openpty()
        self.shown = b""

    def close(self) -> None:
        os.close(self.slave)
        os.close(self._master)

    async def until(self, text: str) -> bytes:
        """Read until a text has come; return what came up to there."""
        loop, readable = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._master, readable.set)
        while text.encode() not in self.shown:
            await readable.wait()
            readable.clear()
            self.shown += os.read(self._master, 65_536)
        loop.remove_reader(self._master)
        shown, _, self.shown = self.shown.partition(text.encode())
        return shown

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)


@pytest.fixture
def window() -> Iterator[Window]:
    window = Window()
    yield window
    window.close()


def state(mode: str = "terminal", session_state: str = "running", round: int | None = 1) -> str:
    told = {"type": "state", "viewer": "v", "may_type": True, "round": round, "owner": None}
    return json.dumps({**told, "mode": mode, "session_state": session_state})


def screen(data: bytes) -> str:
    drawn = base64.b64encode(data).decode()
    return json.dumps({"type": "screen", "seq": 1, "columns": 80, "rows": 24, "data": drawn})


async def attached(
    window: Window, visit: Callable[[ServerConnection], Awaitable[None]], detach_key: bytes = b"\x1d"
) -> tuple[Attachment, Left]:
    async with serve(visit, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        terminal = Terminal(parse_address(f"http://127.0.0.1:{port}"), None, "s1", "u1")
        attachment = Attachment(terminal, detach_key)
        return attachment, await attachment.run(window.slave, window.slave)


async def test_a_session_that_is_resumed_as_a_chat_elsewhere_is_left(window: Window) -> None:
    before = termios.tcgetattr(window.slave)

    async def visit(connection: ServerConnection) -> None:
        await connection.send(state())
        await connection.send(state("chat"))
        await connection.wait_closed()

    attachment, left = await attached(window, visit)
    assert left is Left.ENDED
    assert attachment.is_chat
    assert termios.tcgetattr(window.slave) == before


async def test_what_is_missing_is_on_an_empty_screen_and_in_the_title_whatever_title_the_program_has(
    window: Window,
) -> None:
    async def visit(connection: ServerConnection) -> None:
        await connection.send(state(round=None))
        await connection.send(screen(b"\x1b]0;Claude\x07" + BLANK))
        assert (await window.until(f"{NO_MACHINE} Ctrl+] leaves it.")).endswith(b"\x1b[H\x1b[J")
        await connection.send(screen(b"\x1b]0;Claude\x07" + BLANK + b"drawn"))
        assert f"]0;{NO_MACHINE}".encode() in await window.until("drawn")
        assert b"\x1b[J" not in await window.until(f"]0;{NO_MACHINE}")
        window.type(b"\x1d")
        await connection.wait_closed()

    attachment, left = await attached(window, visit)
    assert left is Left.DETACHED
    assert attachment.missing == NO_MACHINE


async def test_a_session_whose_machine_does_not_begin_it_says_so(window: Window) -> None:
    async def visit(connection: ServerConnection) -> None:
        await connection.send(state(session_state="queued"))
        await connection.send(screen(BLANK))
        await window.until(f"{NO_PLACE} Ctrl+Q leaves it.")
        await connection.send(state())
        await window.until("\x1b[J")
        await connection.send(state(session_state="queued"))  # it was resumed
        await window.until(f"{NO_PLACE} Ctrl+Q leaves it.")
        await connection.send(state())
        await window.until("\x1b[J")
        window.type(b"\x11")
        await connection.wait_closed()

    attachment, left = await attached(window, visit, b"\x11")
    assert left is Left.DETACHED
    assert attachment.missing is None

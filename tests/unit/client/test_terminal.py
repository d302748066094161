"""One viewer of a terminal session, against a WebSocket server on loopback that does not read, or comes back late."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request

from claudios.client.address import parse_address
from claudios.client.terminal import State, Terminal
from claudios.protocol.frame import Frame, Stream, encode

Visit = Callable[[ServerConnection], Awaitable[None]]
Admit = Callable[[ServerConnection, Request], Awaitable[None]]
SCREEN = json.dumps({"type": "screen", "seq": 9, "columns": 80, "rows": 24, "data": ""})


def state(round: int | None) -> str:
    told = {"type": "state", "viewer": "v", "may_type": True, "mode": "terminal", "session_state": "running"}
    return json.dumps({**told, "round": round, "owner": None})


async def keys(connection: ServerConnection, number: int) -> list[bytes]:
    """Return what was typed, in the order in which it came."""
    said = [json.loads(await connection.recv()) for _ in range(number)]
    return [base64.b64decode(each["data"]) for each in said]


@asynccontextmanager
async def viewing(visit: Visit, admit: Admit | None = None) -> AsyncIterator[tuple[Terminal, asyncio.Queue[State]]]:
    """View a session of a server that is visited, and before that admits; the queue has the states it told."""
    states: asyncio.Queue[State] = asyncio.Queue()

    async def view(terminal: Terminal) -> None:
        async for event in terminal.events():
            if isinstance(event, State):
                states.put_nowait(event)

    async with serve(visit, "127.0.0.1", 0, process_request=admit) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        terminal = Terminal(parse_address(f"http://127.0.0.1:{port}"), None, "s1", "u1")
        task = asyncio.create_task(view(terminal))
        try:
            yield terminal, states
        finally:
            task.cancel()
            await asyncio.wait([task])


async def test_what_is_typed_while_older_keys_are_sent_again_comes_after_them() -> None:
    came: asyncio.Future[list[bytes]] = asyncio.get_running_loop().create_future()
    begun, reads = asyncio.Event(), asyncio.Event()
    typed = [b"%03d" % number + os.urandom(60_000) for number in range(120)]  # more than is on its way at once

    async def visit(connection: ServerConnection) -> None:
        await connection.send(state(None))
        await connection.send(state(1))
        first = await keys(connection, 1)
        begun.set()
        await reads.wait()
        came.set_result([each[:3] for each in first + await keys(connection, len(typed))])

    async with viewing(visit) as (terminal, states):
        for each in typed:
            await terminal.type_in(each)
        assert (await states.get()).round is None
        await begun.wait()
        later = asyncio.create_task(terminal.type_in(b"new"))
        await asyncio.sleep(0)  # it has begun to send, or waits to
        reads.set()
        assert await came == [*(each[:3] for each in typed), b"new"]
        await later
        assert (await states.get()).round == 1


async def test_what_was_typed_before_the_machine_slept_is_not_sent_when_it_wakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    came: asyncio.Future[list[bytes]] = asyncio.get_running_loop().create_future()
    wakes = asyncio.Event()

    async def visit(connection: ServerConnection) -> None:
        await connection.send(state(None))
        await wakes.wait()
        await connection.send(state(1))
        came.set_result(await keys(connection, 1))

    async with viewing(visit) as (terminal, states):
        assert (await states.get()).round is None
        await terminal.type_in(b"rm -r old\r")
        hours = time.clock_gettime(time.CLOCK_MONOTONIC) + 7200  # which `time.monotonic` does not count
        monkeypatch.setattr(time, "clock_gettime", lambda _: hours)
        wakes.set()
        assert (await states.get()).round == 1
        await terminal.type_in(b"new")
        assert await came == [b"new"]
        assert terminal.keys.dropped == 1


async def test_no_receipt_is_waited_for_that_was_passed_over_when_the_screen_was_drawn_anew() -> None:
    """`claudios attach` that had been stopped did not end when its input had."""
    visits = 0
    came: asyncio.Queue[bytes] = asyncio.Queue()

    async def visit(connection: ServerConnection) -> None:
        nonlocal visits
        visits += 1
        await connection.send(SCREEN)
        await connection.send(state(visits))
        came.put_nowait((await keys(connection, 1))[0])
        await connection.wait_closed()

    async with viewing(visit) as (terminal, states), asyncio.timeout(20):
        await states.get()
        await terminal.type_in(b"a")
        assert await came.get() == b"a"
        await terminal.redraw()
        assert (await states.get()).round == 2
        assert await came.get() == b"a", "the machine takes it once"
        await terminal.settled()


async def test_a_screen_that_is_asked_for_while_the_connection_is_made_comes_anew() -> None:
    """The shell's words stayed on the screen after `fg`."""
    paths: asyncio.Queue[str] = asyncio.Queue()
    may_come = asyncio.Event()

    async def admit(_: ServerConnection, request: Request) -> None:
        paths.put_nowait(request.path.rpartition("/")[2])
        if request.path.endswith("after=7"):
            await may_come.wait()

    async def visit(connection: ServerConnection) -> None:
        await connection.send(state(1))
        if "after" not in str(connection.request and connection.request.path):
            await connection.send(encode(Frame(Stream.PTY, 1, 7, 1, 1, b"x")))
            return
        await connection.wait_closed()

    async with viewing(visit, admit) as (terminal, _), asyncio.timeout(20):
        assert await paths.get() == "terminal"
        assert await paths.get() == "terminal?after=7"
        await terminal.redraw()
        may_come.set()
        assert await paths.get() == "terminal"

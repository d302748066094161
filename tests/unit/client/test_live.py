"""The viewer sockets, against a WebSocket server on loopback that drops, lags and refuses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request as WebSocketRequest
from websockets.http11 import Response

from claudios.client.address import Address, parse_address
from claudios.client.live import Appended, Event, Patch, Snapshot, Upserted, follow_session
from claudios.client.live_log import follow_frames
from claudios.client.shapes import Session
from claudios.client.sockets import Disconnected
from claudios.protocol.errors import FrameInvalid, MessageInvalid, NotFound, NotSignedIn, Unreachable
from claudios.protocol.frame import Frame, Stream, encode

SESSION = {
    "id": "s1",
    "project_id": "p",
    "project_name": "P",
    "agent_id": "a",
    "agent_name": "A",
    "agent_online": True,
    "title": None,
    "state": "running",
    "epoch": 1,
    "last_seq": 9,
    "created_ms": 1,
    "updated_ms": 1,
}
ITEM = {
    "no": 1,
    "kind": "message",
    "body": {"text": "He"},
    "created_seq": 1,
    "updated_seq": 2,
    "at_ms": 1,
    "parent": None,
}
Visit = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def server(*visits: Visit, refuse: bytes | None = None, status: int = 401) -> AsyncIterator[Address]:
    """Serve one visit after the other, then none."""
    left = list(visits)

    async def handle(connection: ServerConnection) -> None:
        await left.pop(0)(connection)

    def check(connection: ServerConnection, request: WebSocketRequest) -> Response | None:
        if refuse is None:
            return None
        return Response(status, "Refused", Headers({"Content-Length": str(len(refuse))}), refuse)

    async with serve(handle, "127.0.0.1", 0, process_request=check) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield parse_address(f"http://127.0.0.1:{port}")


async def take(address: Address, count: int, after: int | None = None) -> list[Event]:
    events: list[Event] = []
    async with aclosing(follow_session(address, "clp_secret", "s1", after)) as following:
        async for event in following:
            events.append(event)
            if len(events) == count:
                break
    return events


def items(position: int, **more: object) -> str:
    told = {"type": "items", "session_id": "s1", "items": [ITEM], "position": position, "has_earlier": False}
    return json.dumps({**told, "session": SESSION, "requests": [], **more})


def patch(position: int, *changes: object) -> str:
    return json.dumps({"type": "patch", "session_id": "s1", "position": position, "changes": changes})


async def test_a_snapshot_comes_first_then_each_change() -> None:
    async def visit(connection: ServerConnection) -> None:
        assert json.loads(await connection.recv()) == {"type": "subscribe", "session_id": "s1"}
        assert connection.request is not None
        assert connection.request.headers["Authorization"] == "Bearer clp_secret"
        await connection.send(items(2))
        await connection.send(patch(3, {"op": "append", "no": 1, "field": "text", "text": "llo"}))
        await connection.send(patch(4, {"op": "upsert", "item": {**ITEM, "no": 2}}))
        await connection.send(json.dumps({"type": "session", "session": {**SESSION, "state": "ended"}}))

    async with server(visit) as address:
        first, second, third, fourth = await take(address, 4)
    assert isinstance(first, Snapshot)
    assert first.position == 2
    assert second == Patch(3, (Appended(1, "text", "llo"),))
    assert isinstance(third, Patch)
    assert isinstance(third.changes[0], Upserted)
    assert isinstance(fourth, Session)
    assert fourth.state == "ended"


async def test_after_a_lost_connection_it_goes_on_from_its_position() -> None:
    async def first(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(items(2))
        await connection.send(patch(7, {"op": "append", "no": 1, "field": "text", "text": "llo"}))

    async def second(connection: ServerConnection) -> None:
        assert json.loads(await connection.recv())["after"] == 7
        await connection.send(items(9))

    async with server(first, second) as address:
        events = await take(address, 4)
    assert isinstance(events[2], Disconnected)
    assert isinstance(events[3], Snapshot)
    assert events[3].position == 9


async def test_a_lagging_viewer_subscribes_again_from_its_position() -> None:
    async def visit(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(items(5))
        await connection.send(json.dumps({"type": "lagged", "session_id": "s1"}))
        assert json.loads(await connection.recv())["after"] == 5
        await connection.send(items(8))

    async with server(visit) as address:
        _, again = await take(address, 2)
    assert isinstance(again, Snapshot)
    assert again.position == 8


async def test_a_goodbye_is_followed_by_another_try() -> None:
    async def first(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(items(5))
        await connection.send(json.dumps({"type": "bye", "retry_after_ms": 0}))
        await connection.wait_closed()

    async def second(connection: ServerConnection) -> None:
        assert json.loads(await connection.recv())["after"] == 5
        await connection.send(items(5))

    async with server(first, second) as address:
        assert isinstance((await take(address, 3))[2], Snapshot)


async def test_what_is_said_of_other_sessions_is_left_out() -> None:
    async def visit(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(json.dumps({"type": "session", "session": {**SESSION, "id": "other"}}))
        await connection.send(json.dumps({"type": "pong"}))
        await connection.send(items(1))

    async with server(visit) as address:
        (only,) = await take(address, 1)
    assert isinstance(only, Snapshot)


async def test_an_error_of_the_server_is_raised_as_what_it_is() -> None:
    async def visit(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(json.dumps({"type": "error", "code": "not_found", "message": "No such session."}))

    async with server(visit) as address:
        with pytest.raises(NotFound, match="No such session"):
            await take(address, 1)


async def test_a_deleted_session_ends_the_following() -> None:
    async def visit(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(json.dumps({"type": "removed", "kind": "session", "id": "s1"}))

    async with server(visit) as address:
        with pytest.raises(NotFound):
            await take(address, 1)


async def test_a_patch_of_an_unknown_kind_is_refused_not_skipped() -> None:
    async def visit(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(patch(3, {"op": "rotate"}))

    async with server(visit) as address:
        with pytest.raises(MessageInvalid):
            await take(address, 1)


async def test_a_refused_token_is_not_tried_again() -> None:
    body = json.dumps({"error": {"code": "not_signed_in", "message": "Sign in."}}).encode()
    async with server(refuse=body) as address:
        with pytest.raises(NotSignedIn, match="Sign in"):
            await take(address, 1)


async def test_no_server_at_all_is_told_at_once() -> None:
    async with server() as address:
        pass
    with pytest.raises(Unreachable):
        await take(address, 1)


def frames(first: int, last: int) -> bytes:
    return b"".join(encode(Frame(Stream.STDOUT, 1, n, n, n, str(n).encode())) for n in range(first, last + 1))


async def take_frames(address: Address, last: int, after: int = 0) -> list[int]:
    seen: list[int] = []
    async with aclosing(follow_frames(address, "clp_secret", "s1", after)) as following:
        async for piece in following:
            if not isinstance(piece, Disconnected):
                seen += [each.seq for each in piece]
                if seen[-1] >= last:
                    break
    return seen


async def test_frames_go_on_exactly_after_a_lost_connection() -> None:
    async def first(connection: ServerConnection) -> None:
        assert connection.request is not None
        assert connection.request.path.endswith("live-log?after=2")
        await connection.send(frames(3, 5))

    async def second(connection: ServerConnection) -> None:
        assert connection.request is not None
        assert connection.request.path.endswith("live-log?after=5")
        await connection.send(frames(5, 6))  # one of them again: it is left out
        await connection.send(frames(7, 7))

    async with server(first, second) as address:
        assert await take_frames(address, 7, after=2) == [3, 4, 5, 6, 7]


async def test_a_gap_in_the_frames_is_refused() -> None:
    async def visit(connection: ServerConnection) -> None:
        await connection.send(frames(1, 2))
        await connection.send(frames(4, 4))

    async with server(visit) as address:
        with pytest.raises(FrameInvalid, match="4 where 3"):
            await take_frames(address, 9)

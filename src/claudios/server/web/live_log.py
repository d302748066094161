"""`GET /api/v1/sessions/{id}/live-log`: a session's frames over a WebSocket, stored ones first, then as they come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from claudios.protocol.errors import ClaudiosError, InputInvalid, NotFound, NotSignedIn
from claudios.server.bus.topics import ACCESS
from claudios.server.live.feed import LogFeed
from claudios.server.live.watching import Watching
from claudios.server.store import sessions
from claudios.server.store.projects import Role
from claudios.server.store.sessions import Place
from claudios.server.web.auth import Caller, require_role, signed_in
from claudios.server.web.errors import error_response
from claudios.server.web.parts import Parts, parts_of

CLOSE_REFUSED = 4403
CLOSE_ENDED = 1000


class LiveLog:
    """ASGI application of the route; the session's id is the path parameter `session_id`."""

    def __init__(self, watching_of: Callable[[Scope], Watching]) -> None:
        self._watching_of = watching_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        parts = parts_of(connection)
        session_id = scope["path_params"]["session_id"]
        await receive()  # websocket.connect
        try:
            after_seq = _after(scope)
            caller = await signed_in(connection)
            place = await _place(parts, caller, session_id)
        except ClaudiosError as refusal:
            await error_response(refusal)(scope, receive, send)
            return
        await send({"type": "websocket.accept"})
        feed = LogFeed(parts.store, parts.bus, session_id, after_seq)
        leave = self._watching_of(scope).watch(place.agent_id, session_id)
        tasks = [
            asyncio.create_task(_pump(feed, send), name="log viewer"),
            asyncio.create_task(_until_gone(receive), name="log viewer's end"),
            asyncio.create_task(_until_refused(parts, connection, caller, session_id), name="log viewer's rights"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            feed.close()
            leave()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if tasks[2].done() and not tasks[2].cancelled():
            await send({"type": "websocket.close", "code": CLOSE_REFUSED, "reason": NotFound.code})


async def _pump(feed: LogFeed, send: Send) -> None:
    while True:
        await send({"type": "websocket.send", "bytes": await feed.next()})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def _until_refused(parts: Parts, connection: HTTPConnection, caller: Caller, session_id: str) -> None:
    """Return once the caller may no longer see the session; asked again whenever rights change."""
    changed = asyncio.Event()

    def heard(user_id: str | None) -> None:
        if user_id in (None, caller.user_id):
            changed.set()

    end = parts.bus.subscribe(ACCESS, heard)
    try:
        while True:
            await changed.wait()
            changed.clear()
            try:
                await _place(parts, await signed_in(connection), session_id)
            except (NotFound, NotSignedIn):
                return
    finally:
        end()


async def _place(parts: Parts, caller: Caller, session_id: str) -> Place:
    def look(connection: Connection) -> Place:
        place = sessions.place(connection, session_id)
        if place is None:
            raise NotFound
        require_role(connection, caller, place.project_id, Role.VIEWER)
        return place

    return await parts.store.read(look)


def _after(scope: Scope) -> int:
    text = QueryParams(scope["query_string"]).get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InputInvalid("`after` is the number of the last frame you have.")
    return int(text)

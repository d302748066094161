"""`GET /api/v1/sessions/{id}/live-log`: a session's frames over a WebSocket, stored ones first, then as they come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog
from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from claudios.protocol.errors import ClaudiosError, InputInvalid, NotFound, NotSignedIn, Unavailable
from claudios.server.bus.topics import ACCESS
from claudios.server.live.feed import LogFeed
from claudios.server.live.watching import Watching
from claudios.server.store import sessions
from claudios.server.store.projects import Role
from claudios.server.store.sessions import Place
from claudios.server.web.auth import require_role, signed_in
from claudios.server.web.errors import error_response
from claudios.server.web.parts import Parts, parts_of

logger = structlog.get_logger(__name__)

CLOSE_REFUSED = 4403
CLOSE_GOING = 1001
CLOSE_FAILED = 1011


class LiveLog:
    """ASGI application of the route; the session's id is the path parameter `session_id`."""

    def __init__(self, watching_of: Callable[[Scope], Watching]) -> None:
        self._watching_of = watching_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        parts = parts_of(connection)
        session_id = scope["path_params"]["session_id"]
        await receive()  # websocket.connect
        rights = _Rights(parts, connection, session_id)
        with contextlib.closing(rights):
            try:
                after_seq = _after(scope)
                place = await rights.require()
            except ClaudiosError as refusal:
                await error_response(refusal)(scope, receive, send)
                return
            await send({"type": "websocket.accept"})
            feed = LogFeed(parts.store, parts.bus, session_id, after_seq)
            leave = self._watching_of(scope).watch(place.agent_id, session_id)
            gone = asyncio.create_task(_until_gone(receive), name="log viewer's end")
            tasks = [
                gone,
                asyncio.create_task(_pump(feed, send), name="log viewer"),
                asyncio.create_task(rights.until_refused(), name="log viewer's rights"),
            ]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                feed.close()
                leave()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        if gone not in done:
            code, reason = _why(next(iter(done)).exception())
            await send({"type": "websocket.close", "code": code, "reason": reason})


def _why(failure: BaseException | None) -> tuple[int, str]:
    """Return the code and reason by which a viewer is left: it comes back where that may help."""
    if failure is None:
        return CLOSE_REFUSED, NotFound.code
    if isinstance(failure, Unavailable):
        return CLOSE_GOING, Unavailable.code
    logger.error("log_viewer_failed", exc_info=failure)
    return CLOSE_FAILED, ClaudiosError.code


async def _pump(feed: LogFeed, send: Send) -> None:
    while True:
        await send({"type": "websocket.send", "bytes": await feed.next()})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


class _Rights:
    """Whether the caller may see the session: asked at first, and again whenever rights have changed since."""

    def __init__(self, parts: Parts, connection: HTTPConnection, session_id: str) -> None:
        self._parts = parts
        self._connection = connection
        self._session_id = session_id
        self._user_id: str | None = None
        self._changed = asyncio.Event()
        self.close = parts.bus.subscribe(ACCESS, self._heard)

    async def require(self) -> Place:
        """Return where the session belongs. Raises NotSignedIn, NotFound, Unavailable."""
        caller = await signed_in(self._connection)
        self._user_id = caller.user_id

        def look(connection: Connection) -> Place:
            place = sessions.place(connection, self._session_id)
            if place is None:
                raise NotFound
            require_role(connection, caller, place.project_id, Role.VIEWER)
            return place

        return await self._parts.store.read(look)

    async def until_refused(self) -> None:
        """Return once the caller may no longer see the session."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self.require()
            except (NotFound, NotSignedIn):
                return

    def _heard(self, user_id: str | None) -> None:
        if user_id is None or self._user_id in (None, user_id):
            self._changed.set()


def _after(scope: Scope) -> int:
    text = QueryParams(scope["query_string"]).get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InputInvalid("`after` is the number of the last frame you have.")
    return int(text)

"""`GET /api/v1/sessions/{id}/live-log`: a session's frames over a WebSocket, stored ones first, then as they come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from claudios.protocol.errors import ClaudiosError, InputInvalid, NotFound, Unavailable
from claudios.server.live.feed import LogFeed
from claudios.server.live.watching import Watching
from claudios.server.web.errors import error_response
from claudios.server.web.gone import Gone, until_gone
from claudios.server.web.parts import parts_of
from claudios.server.web.session_rights import SessionRights

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
        rights = SessionRights(parts, connection, session_id)
        with contextlib.closing(rights):
            try:
                after_seq = after_of(scope)
                place = await rights.require()
            except ClaudiosError as refusal:
                await error_response(refusal)(scope, receive, send)
                return
            await send({"type": "websocket.accept"})
            send = until_gone(send)
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
            await part(send, next(iter(done)).exception())


async def part(send: Send, failure: BaseException | None) -> None:
    """Close a viewer's socket and say why, if somebody is left: it comes back where that may help."""
    if isinstance(failure, Gone):
        return
    code, reason = CLOSE_REFUSED, NotFound.code
    if isinstance(failure, Unavailable):
        code, reason = CLOSE_GOING, Unavailable.code
    elif failure is not None:
        logger.error("log_viewer_failed", exc_info=failure)
        code, reason = CLOSE_FAILED, ClaudiosError.code
    with contextlib.suppress(Gone):
        await send({"type": "websocket.close", "code": code, "reason": reason})


async def _pump(feed: LogFeed, send: Send) -> None:
    """Send what comes, as it comes."""
    while True:
        await send({"type": "websocket.send", "bytes": await feed.next()})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass


def after_of(scope: Scope) -> int:
    """Return the position that the query asks for. Raises InputInvalid."""
    return number_of(scope, "after", "the number of the last frame you have") or 0


def number_of(scope: Scope, name: str, meaning: str) -> int | None:
    """Return a number that the query names, or None. Raises InputInvalid for what is none."""
    text = QueryParams(scope["query_string"]).get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InputInvalid(f"`{name}` is {meaning}.")
    return int(text)

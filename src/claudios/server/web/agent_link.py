"""The WebSocket carrier of the link. Plain ASGI: every output and every instruction passes here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from claudios.protocol.codec import encode
from claudios.protocol.errors import (
    ClaudiosError,
    InputInvalid,
    NotSignedIn,
    OutOfOrder,
    Unavailable,
)
from claudios.protocol.messages import AgentMessage, Bye, Hello
from claudios.protocol.signing import Batch
from claudios.server.link.links import Links
from claudios.server.link.registration import Registration
from claudios.server.store.agents import UNKNOWN_TOKEN
from claudios.server.web.errors import error_response
from claudios.server.web.gone import Gone, until_gone

log = structlog.get_logger(__name__)

SUBPROTOCOL = "claudios.v1"
HELLO_SECONDS = 15.0
CLOSE_CODE = 1000
LinksOf = Callable[[Scope], Links]
Decode = Callable[[bytes], Awaitable[Sequence[AgentMessage | Batch]]]


def bearer_of(scope: Scope) -> str:
    """Return what the request proves itself with. Raises NotSignedIn."""
    authorization = Headers(scope=scope).get("authorization", "")
    kind, _, bearer = authorization.partition(" ")
    if kind.lower() != "bearer":
        raise NotSignedIn(UNKNOWN_TOKEN)
    return bearer.strip()


class LinkSocket:
    """ASGI application of `GET /agent/v1/link`."""

    def __init__(self, links: LinksOf) -> None:
        self._links = links

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        links = self._links(scope)
        await receive()  # websocket.connect
        try:
            key = await links.authenticate(bearer_of(scope))
        except ClaudiosError as refusal:
            await error_response(refusal)(scope, receive, send)
            return
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
        send = until_gone(send)
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello, rest = _hello(await links.read(key, await _message(receive)))
            registration = await links.open(key, hello, "websocket")
        except TimeoutError:
            await _part(send, Bye(code=OutOfOrder.code, message="No Hello came. Reconnect to start afresh."))
            return
        except Gone:
            return
        except ClaudiosError as problem:
            await _part(send, _goodbye(problem))
            return
        try:
            await _converse(registration, partial(links.read, key), rest, receive, send)
        finally:
            await asyncio.shield(links.leave(registration))


async def _converse(
    registration: Registration, decode: Decode, first: Sequence[AgentMessage | Batch], receive: Receive, send: Send
) -> None:
    """Run both directions until the agent leaves or the registration ends."""
    reading = asyncio.create_task(_read(registration, decode, first, receive), name="link reader")
    writing = asyncio.create_task(_write(registration, send), name="link writer")
    try:
        ends: list[asyncio.Future[Any]] = [reading, writing, registration.ended]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        reading.cancel()
        writing.cancel()
        await asyncio.gather(reading, writing, return_exceptions=True)
    if registration.ended.done() and not _has_left(reading):
        await _part(send, registration.ended.result())


async def _read(
    registration: Registration, decode: Decode, messages: Sequence[AgentMessage | Batch], receive: Receive
) -> None:
    """Take what the agent says until it hangs up. Reading waits while the ingest is full: that slows the agent."""
    try:
        while True:
            registration.acknowledge(await registration.take(messages))
            messages = await decode(await _message(receive))
    except Exception as problem:
        if not isinstance(problem, Gone):
            registration.fail(problem)
        raise


async def _write(registration: Registration, send: Send) -> None:
    """Send what the outbox holds as it comes. Sending waits for a slow agent; the outbox stays bounded meanwhile."""
    try:
        while True:
            await registration.outbox.ready()
            await send({"type": "websocket.send", "bytes": encode(registration.outbox.take())})
    except Exception as problem:
        registration.fail(Unavailable(f"The connection failed: {type(problem).__name__}."))
        raise


def _has_left(reading: asyncio.Task[None]) -> bool:
    return not reading.cancelled() and isinstance(reading.exception(), Gone)


def _hello(messages: Sequence[AgentMessage | Batch]) -> tuple[Hello, Sequence[AgentMessage | Batch]]:
    if not messages or not isinstance(messages[0], Hello):
        raise OutOfOrder("The first message of a link is Hello.")
    return messages[0], messages[1:]


async def _message(receive: Receive) -> bytes:
    message: Message = await receive()
    if message["type"] == "websocket.disconnect":
        raise Gone
    raw = message.get("bytes")
    if raw is None:
        raise InputInvalid("Messages of the link are binary.")
    return bytes(raw)


async def _part(send: Send, bye: Bye) -> None:
    """Say goodbye and close, if anybody still listens."""
    try:
        await send({"type": "websocket.send", "bytes": encode([bye])})
        await send({"type": "websocket.close", "code": CLOSE_CODE, "reason": bye.code})
    except Gone:
        log.debug("goodbye_unheard")


def _goodbye(problem: ClaudiosError) -> Bye:
    return Bye(code=problem.code, message=problem.message)

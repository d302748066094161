"""The two carriers of the link: a WebSocket, and POST requests of which one is held. Plain ASGI: every output and
every instruction passes here.

Rules (docs/protocol.md, W): a message of either is envelopes back to back. On the poll carrier a request that brings
batches is answered when they are committed, with what became of them; only the held request carries instructions, so
that they stay in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from starlette.datastructures import Headers, QueryParams
from starlette.types import Message, Receive, Scope, Send

from claudios.protocol.codec import CONTENT_TYPE, MAX_MESSAGE_BYTES, decode_from_agent, encode
from claudios.protocol.errors import (
    ClaudiosError,
    InputInvalid,
    MessageTooLarge,
    NotSignedIn,
    OutOfOrder,
    ProtocolError,
    Unavailable,
)
from claudios.protocol.messages import AgentMessage, Bye, Hello, ServerMessage
from claudios.protocol.signing import Batch
from claudios.server.link.links import Links
from claudios.server.link.registration import Registration
from claudios.server.store.agents import UNKNOWN_TOKEN, AgentKey
from claudios.server.web.errors import error_response

log = structlog.get_logger(__name__)

SUBPROTOCOL = "claudios.v1"
BOOT_HEADER = "claudios-boot"
HELLO_SECONDS = 15.0
MAX_WAIT_MS = 60_000
SILENT_SECONDS = 15.0
"""How long after its last request is over a polling agent counts as connected."""
CLOSE_CODE = 1000
LinksOf = Callable[[Scope], Links]


class LinkSocket:
    """ASGI application of `GET /agent/v1/link`."""

    def __init__(self, links: LinksOf) -> None:
        self._links = links

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        links = self._links(scope)
        await receive()  # websocket.connect
        try:
            key = await links.authenticate(_bearer(scope))
        except ClaudiosError as refusal:
            await error_response(refusal)(scope, receive, send)
            return
        subprotocol = SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None
        await send({"type": "websocket.accept", "subprotocol": subprotocol})
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello, rest = await _hello(receive)
            registration = await links.open(key, hello, "websocket")
        except TimeoutError:
            await _part(send, Bye(code=OutOfOrder.code, message="No Hello came. Reconnect to start afresh."))
            return
        except _Gone:
            return
        except ClaudiosError as problem:
            await _part(send, _goodbye(problem))
            return
        try:
            await _converse(registration, rest, receive, send)
        finally:
            await asyncio.shield(links.leave(registration))


class LinkPoll:
    """ASGI application of `POST /agent/v1/sync`."""

    def __init__(self, links: LinksOf) -> None:
        self._links = links
        self._polls: dict[str, _Poll] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._sync(self._links(scope), scope, receive)
        except ClaudiosError as refusal:
            await error_response(refusal)(scope, receive, send)
        except _Gone:
            return
        else:
            await _respond(send, answer)

    async def _sync(self, links: Links, scope: Scope, receive: Receive) -> Sequence[ServerMessage]:
        key = await links.authenticate(_bearer(scope))
        headers = Headers(scope=scope)
        wait_seconds = _wait_ms(scope) / 1000
        messages = decode_from_agent(await _body(headers, receive))
        boot = headers.get(BOOT_HEADER)
        if boot is None:
            return await self._register(links, key, messages)
        if not boot.isascii() or not boot.isdigit():
            raise InputInvalid("Claudios-Boot is the number that Welcome gave.")
        registration = await links.find(key, int(boot))
        poll = self._poll(links, registration)
        with poll:
            answers = await registration.take(messages)
            told: list[ServerMessage] = [await answer for answer in answers]
            if wait_seconds:
                told += await poll.hold(wait_seconds, receive)
        return told

    async def _register(
        self, links: Links, key: AgentKey, messages: Sequence[AgentMessage | Batch]
    ) -> Sequence[ServerMessage]:
        if not messages or not isinstance(messages[0], Hello):
            raise OutOfOrder("The first request of a registration carries Hello.")
        registration = await links.open(key, messages[0], "poll")
        with self._poll(links, registration):
            answers = await registration.take(messages[1:])
            told = registration.outbox.take()
            return [*told, *[await answer for answer in answers]]

    def _poll(self, links: Links, registration: Registration) -> _Poll:
        agent_id = registration.source.agent_id
        known = self._polls.get(agent_id)
        if known is not None and known.registration is registration:
            return known

        async def leave() -> None:
            if self._polls.get(agent_id) is made:
                del self._polls[agent_id]
            await links.leave(registration)

        made = _Poll(registration, leave)
        self._polls[agent_id] = made
        return made


class _Poll:
    """What the requests of one registration share: which of them is held, and how long none has come."""

    def __init__(self, registration: Registration, leave: Callable[[], Awaitable[None]]) -> None:
        self.registration = registration
        self._leave = leave
        self._open = 0
        self._held: asyncio.Future[None] | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._open += 1
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def __exit__(self, *_: object) -> None:
        self._open -= 1
        if self._open == 0:
            loop = asyncio.get_running_loop()
            wait = 0.0 if self.registration.ended.done() else SILENT_SECONDS
            self._silence = loop.call_later(wait, self._silent)

    async def hold(self, seconds: float, receive: Receive) -> list[ServerMessage]:
        """Return what there is to tell as soon as there is something, or nothing after `seconds`.

        Another request that wants to be held sends this one home empty. Raises _Gone when the agent hangs up.
        """
        if self._held is not None and not self._held.done():
            self._held.set_result(None)
        self._held = replaced = asyncio.get_running_loop().create_future()
        outbox, ended = self.registration.outbox, self.registration.ended
        ready = asyncio.create_task(outbox.ready())
        hung_up = asyncio.create_task(_until_disconnect(receive))
        try:
            events: list[asyncio.Future[Any]] = [ready, replaced, ended, hung_up]
            await asyncio.wait(events, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if hung_up.done():
                raise _Gone
            told: list[ServerMessage] = [] if replaced.done() else outbox.take()
            return [*told, ended.result()] if ended.done() else told
        finally:
            ready.cancel()
            hung_up.cancel()

    def _silent(self) -> None:
        self._leaving = asyncio.ensure_future(self._leave())


class _Gone(Exception):
    """The agent has hung up: nobody is left to answer."""


async def _converse(
    registration: Registration, first: Sequence[AgentMessage | Batch], receive: Receive, send: Send
) -> None:
    """Run both directions until the agent leaves or the registration ends."""
    reading = asyncio.create_task(_read(registration, first, receive), name="link reader")
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


async def _read(registration: Registration, messages: Sequence[AgentMessage | Batch], receive: Receive) -> None:
    """Take what the agent says until it hangs up. Reading waits while the ingest is full: that slows the agent."""
    try:
        while True:
            registration.acknowledge(await registration.take(messages))
            messages = decode_from_agent(await _message(receive))
    except Exception as problem:
        if not isinstance(problem, _Gone):
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
    return not reading.cancelled() and isinstance(reading.exception(), _Gone)


async def _hello(receive: Receive) -> tuple[Hello, Sequence[AgentMessage | Batch]]:
    messages = decode_from_agent(await _message(receive))
    if not messages or not isinstance(messages[0], Hello):
        raise OutOfOrder("The first message of a link is Hello.")
    return messages[0], messages[1:]


async def _message(receive: Receive) -> bytes:
    message: Message = await receive()
    if message["type"] == "websocket.disconnect":
        raise _Gone
    raw = message.get("bytes")
    if raw is None:
        raise InputInvalid("Messages of the link are binary.")
    return bytes(raw)


async def _part(send: Send, bye: Bye) -> None:
    """Say goodbye and close, if anybody still listens."""
    try:
        await send({"type": "websocket.send", "bytes": encode([bye])})
        await send({"type": "websocket.close", "code": CLOSE_CODE, "reason": bye.code})
    except Exception as gone:  # servers raise their own classes here
        log.debug("goodbye_unheard", problem=type(gone).__name__)


def _goodbye(problem: ClaudiosError) -> Bye:
    return Bye(code=problem.code, message=problem.message)


def _bearer(scope: Scope) -> str:
    authorization = Headers(scope=scope).get("authorization", "")
    kind, _, bearer = authorization.partition(" ")
    if kind.lower() != "bearer":
        raise NotSignedIn(UNKNOWN_TOKEN)
    return bearer.strip()


def _wait_ms(scope: Scope) -> int:
    text = QueryParams(scope["query_string"]).get("wait", "0")
    if not (text.isascii() and text.isdigit()):
        raise InputInvalid("`wait` is a number of milliseconds.")
    return min(int(text[:9]), MAX_WAIT_MS)


async def _body(headers: Headers, receive: Receive) -> bytes:
    if headers.get("content-type", "").partition(";")[0].strip() != CONTENT_TYPE:
        raise ProtocolError(f"The body is {CONTENT_TYPE}. Upgrade the older of agent and server.")
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_MESSAGE_BYTES:
            raise MessageTooLarge
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _respond(send: Send, messages: Sequence[ServerMessage]) -> None:
    body = encode(messages)
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

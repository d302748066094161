"""The poll carrier of the link: POST requests, of which one is held until there is something to tell.

A request that brings batches is answered when they are committed, with what became of them. Only the held request
carries instructions, so that they stay in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.types import Receive, Scope, Send

from claudios.protocol.codec import CONTENT_TYPE, MAX_MESSAGE_BYTES, encode
from claudios.protocol.errors import ClaudiosError, InputInvalid, MessageTooLarge, OutOfOrder, ProtocolError
from claudios.protocol.messages import AgentMessage, Hello, ServerMessage
from claudios.protocol.signing import Batch
from claudios.server.link.links import Links
from claudios.server.link.registration import Registration
from claudios.server.store.agents import AgentKey
from claudios.server.web.agent_link import LinksOf, bearer_of
from claudios.server.web.errors import error_response
from claudios.server.web.gone import Gone

BOOT_HEADER = "claudios-boot"
MAX_WAIT_MS = 60_000
SILENT_SECONDS = 15.0
"""How long after its last request is over a polling agent counts as connected."""


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
        except Gone:
            return
        else:
            await _respond(send, answer)

    async def _sync(self, links: Links, scope: Scope, receive: Receive) -> Sequence[ServerMessage]:
        key = await links.authenticate(bearer_of(scope))
        headers = Headers(scope=scope)
        wait_seconds = _wait_ms(scope) / 1000
        messages = await links.read(key, await _body(headers, receive))
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

        Another request that wants to be held sends this one home empty. Raises Gone when the agent hangs up.
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
                raise Gone
            told: list[ServerMessage] = [] if replaced.done() else outbox.take()
            return [*told, ended.result()] if ended.done() else told
        finally:
            ready.cancel()
            hung_up.cancel()

    def _silent(self) -> None:
        self._leaving = asyncio.ensure_future(self._leave())


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
            raise Gone
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

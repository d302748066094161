"""The poll carrier: the link over plain HTTP requests, for networks that let nothing else through.

Three lanes, each with at most one request under way, so that none waits for another: the held one, which the server
answers as soon as it has something to say, one for batches, and one for everything else the agent says.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

import httpx2

from claudios.agent.client.address import may_use_proxy, sync_url
from claudios.agent.client.carrier import UpgradeRefused
from claudios.agent.client.refusal import refusal, unreachable
from claudios.protocol.codec import CONTENT_TYPE, MAX_MESSAGE_BYTES, decode_from_server, encode
from claudios.protocol.errors import MessageTooLarge, Unreachable
from claudios.protocol.messages import AgentMessage, Bye, Hello, ServerMessage, Welcome
from claudios.protocol.signing import Batch

OPEN_SECONDS = 15.0
ANSWER_SECONDS = 15.0
"""How long an answer may take beyond the time the server holds the request; then the server counts as silent."""
PUSH_SECONDS = 60.0
ANSWERS_TO_CHANNEL = 64
BOOT_HEADER = "Claudios-Boot"


class PollCarrier:
    """Register at `server_url` as the holder of `bearer`, and ask again every `poll_interval_ms`."""

    def __init__(self, server_url: str, bearer: str, poll_interval_ms: int, tls: ssl.SSLContext) -> None:
        self._url = sync_url(server_url)
        self._bearer = bearer
        self._wait_ms = poll_interval_ms
        self._tls = tls
        self._trust_environment = may_use_proxy(server_url)

    async def open(self, hello: Hello) -> PollChannel:
        """Post Hello, and begin to poll once the server has said Welcome."""
        client = httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {self._bearer}", "Content-Type": CONTENT_TYPE},
            verify=self._tls,
            trust_env=self._trust_environment,
            limits=httpx2.Limits(max_connections=4, max_keepalive_connections=4, keepalive_expiry=120),
            timeout=httpx2.Timeout(OPEN_SECONDS),
            follow_redirects=False,
        )
        channel = PollChannel(client, self._url, self._wait_ms)
        try:
            await channel.register(hello)
        except BaseException:
            await client.aclose()
            raise
        return channel


class PollChannel:
    """One registration that lives on requests."""

    name = "poll"

    def __init__(self, client: httpx2.AsyncClient, url: str, wait_ms: int) -> None:
        self._client = client
        self._url = url
        self._wait_ms = wait_ms
        self._held: asyncio.Task[None] | None = None
        self._pushes: set[asyncio.Task[list[ServerMessage]]] = set()
        self._is_closed = False
        self._batches = asyncio.Lock()
        self._rest = asyncio.Lock()
        # answers to the channel's reader: pauses the polling when the reader falls behind
        self._answers: asyncio.Queue[list[ServerMessage] | Exception] = asyncio.Queue(ANSWERS_TO_CHANNEL)

    async def register(self, hello: Hello) -> None:
        """Post Hello. Raises what the server answers instead of Welcome."""
        answer = await self._post([hello], 0, OPEN_SECONDS)
        await self._answers.put(answer)
        if answer and isinstance(answer[0], Welcome):
            self._client.headers[BOOT_HEADER] = str(answer[0].boot)
            self._held = asyncio.create_task(self._poll(), name="poll")

    async def receive(self) -> Sequence[ServerMessage]:
        answer = await self._answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def send(self, messages: Sequence[AgentMessage | Batch]) -> None:
        lane = self._batches if isinstance(messages[0], Batch) else self._rest
        async with lane:
            answer = await self._push(messages)
        if answer:
            await self._answers.put(answer)

    async def close(self) -> None:
        self._is_closed = True
        requests = [*self._pushes, *([] if self._held is None else [self._held])]
        for request in requests:
            request.cancel()
        await asyncio.gather(*requests, return_exceptions=True)
        await self._client.aclose()

    async def _push(self, messages: Sequence[AgentMessage | Batch]) -> list[ServerMessage]:
        """Post in a task of its own, which `close` can end: the client must not be closed under a request."""
        if self._is_closed:
            raise Unreachable
        push = asyncio.create_task(self._post(messages, 0, PUSH_SECONDS))
        self._pushes.add(push)
        push.add_done_callback(self._pushes.discard)
        try:
            return await push
        except asyncio.CancelledError:
            if self._is_closed:
                raise Unreachable from None
            raise

    async def _poll(self) -> None:
        try:
            while True:
                answer = await self._post([], self._wait_ms, self._wait_ms / 1000 + ANSWER_SECONDS)
                if answer:
                    await self._answers.put(answer)
                    if isinstance(answer[-1], Bye):
                        return
        except Exception as broken:  # handed on: whoever receives next is told
            await self._answers.put(broken)

    async def _post(
        self, messages: Sequence[AgentMessage | Batch], wait_ms: int, answer_seconds: float
    ) -> list[ServerMessage]:
        timeout = httpx2.Timeout(OPEN_SECONDS, read=answer_seconds, write=PUSH_SECONDS)
        try:
            response = await self._client.post(
                self._url, params={"wait": str(wait_ms)}, content=encode(messages), timeout=timeout
            )
        except (httpx2.TransportError, OSError) as broken:
            raise unreachable(broken) from broken
        status = response.status_code
        if status == 200:
            if len(response.content) > MAX_MESSAGE_BYTES:
                raise MessageTooLarge
            return decode_from_server(response.content)
        known = refusal(status, response.headers.get("Retry-After"), response.content)
        if known is not None:
            raise known
        if status == 426:
            raise UpgradeRefused("The server takes WebSockets only. Set `transport` to `auto` or `websocket`.")
        raise Unreachable(f"The server answered HTTP {status} where an agent polls. Check `serverUrl`.")

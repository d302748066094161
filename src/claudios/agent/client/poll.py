"""The poll carrier: the link over plain HTTP requests, for networks that let nothing else through.

Three lanes, each a connection with at most one request under way, so that none waits for another: the held one, which
the server answers as soon as it has something to say, one for batches, and one for everything else the agent says.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

from claudios.agent.client.address import sync_url
from claudios.agent.client.carrier import UpgradeRefused
from claudios.agent.client.http import HttpConnection
from claudios.agent.client.refusal import refusal, unreachable
from claudios.protocol.codec import CONTENT_TYPE, MAX_MESSAGE_BYTES, CompressedBatch, decode_from_server, encode
from claudios.protocol.errors import Unreachable
from claudios.protocol.messages import AgentMessage, Bye, Hello, ServerMessage, Welcome
from claudios.protocol.signing import Batch

ANSWER_SECONDS = 14.0
"""How long an answer may take beyond the time the server holds the request; then the server counts as silent."""
PUSH_SECONDS = 60.0
HEADWAY_SECONDS = 0.001
"""How long the next request waits behind an answer: what is in the answer, perhaps a prompt, goes on its way first."""
ANSWERS_TO_CHANNEL = 64
BOOT_HEADER = "Claudios-Boot"


class PollCarrier:
    """Register at `server_url` as the holder of `bearer`, and ask again every `poll_interval_ms`."""

    def __init__(self, server_url: str, bearer: str, poll_interval_ms: int, tls: ssl.SSLContext) -> None:
        self._url = sync_url(server_url)
        self._headers = {"Authorization": f"Bearer {bearer}", "Content-Type": CONTENT_TYPE}
        self._wait_ms = poll_interval_ms
        self._tls = tls

    async def open(self, hello: Hello) -> PollChannel:
        """Post Hello, and begin to poll once the server has said Welcome."""
        held, batches, rest = (HttpConnection(self._url, self._headers, self._tls, MAX_MESSAGE_BYTES) for _ in range(3))
        channel = PollChannel(held, batches, rest, self._wait_ms)
        try:
            await channel.register(hello)
        except BaseException:
            await channel.close()
            raise
        return channel


class PollChannel:
    """One registration that lives on requests."""

    name = "poll"

    def __init__(self, held: HttpConnection, batches: HttpConnection, rest: HttpConnection, wait_ms: int) -> None:
        self._held = held
        self._batches = batches, asyncio.Lock()
        self._rest = rest, asyncio.Lock()
        self._wait_ms = wait_ms
        self._boot: dict[str, str] = {}
        self._polling: asyncio.Task[None] | None = None
        # answers to the channel's reader: pauses the polling when the reader falls behind
        self._answers: asyncio.Queue[list[ServerMessage] | Exception] = asyncio.Queue(ANSWERS_TO_CHANNEL)

    async def register(self, hello: Hello) -> None:
        """Post Hello. Raises what the server answers instead of Welcome."""
        answer = await self._post(self._held, [hello], 0, ANSWER_SECONDS)
        await self._answers.put(answer)
        if answer and isinstance(answer[0], Welcome):
            self._boot = {BOOT_HEADER: str(answer[0].boot)}
            self._polling = asyncio.create_task(self._poll(), name="poll")

    async def receive(self) -> Sequence[ServerMessage]:
        answer = await self._answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def send(self, messages: Sequence[AgentMessage | Batch | CompressedBatch]) -> None:
        connection, lane = self._batches if isinstance(messages[0], (Batch, CompressedBatch)) else self._rest
        async with lane:
            answer = await self._post(connection, messages, 0, PUSH_SECONDS)
        if answer:
            await self._answers.put(answer)

    async def close(self) -> None:
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.wait([self._polling])
        for connection in (self._held, self._batches[0], self._rest[0]):
            connection.close()

    async def _poll(self) -> None:
        try:
            while True:
                answer = await self._post(self._held, [], self._wait_ms, self._wait_ms / 1000 + ANSWER_SECONDS)
                if answer:
                    await self._answers.put(answer)
                    if isinstance(answer[-1], Bye):
                        return
                    await asyncio.sleep(HEADWAY_SECONDS)
        except Exception as broken:  # handed on: whoever receives next is told
            await self._answers.put(broken)

    async def _post(
        self,
        connection: HttpConnection,
        messages: Sequence[AgentMessage | Batch | CompressedBatch],
        wait_ms: int,
        answer_seconds: float,
    ) -> list[ServerMessage]:
        try:
            answer = await connection.post(f"wait={wait_ms}", self._boot, encode(messages), answer_seconds)
        except OSError as broken:
            raise unreachable(broken) from broken
        if answer.status == 200:
            return decode_from_server(answer.body)
        known = refusal(answer.status, answer.headers.get("retry-after"), answer.body)
        if known is not None:
            raise known
        if answer.status == 426:
            raise UpgradeRefused("The server takes WebSockets only. Set `transport` to `auto` or `websocket`.")
        raise Unreachable(f"The server answered HTTP {answer.status} where an agent polls. Check `serverUrl`.")

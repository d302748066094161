"""The WebSocket carrier: one binary message each way is a run of envelopes.

The library's keepalive notices a silent server within 18 s, of which 2 s wait for it to close, and wakes the process
every 8 s.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    ProxyError,
    WebSocketException,
)
from websockets.typing import Subprotocol

from claudios.agent.client.address import link_url, may_use_proxy
from claudios.agent.client.carrier import UpgradeRefused
from claudios.agent.client.refusal import refusal, unreachable
from claudios.protocol.codec import MAX_MESSAGE_BYTES, CompressedBatch, decode_from_server, encode
from claudios.protocol.errors import ClaudiosError, Unreachable
from claudios.protocol.messages import AgentMessage, Hello, ServerMessage
from claudios.protocol.signing import Batch

SUBPROTOCOL = "claudios.v1"
OPEN_SECONDS = 15
KEEPALIVE_SECONDS = 8
CLOSE_SECONDS = 2
WRITE_BUFFER_BYTES = 256 * 1024


class _Connect(connect):
    """A connect that follows no redirect: the bearer goes to the configured address only."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class WebSocketCarrier:
    """Open links to `server_url` as the holder of `bearer`."""

    def __init__(
        self, server_url: str, bearer: str, tls: ssl.SSLContext, keepalive_seconds: float = KEEPALIVE_SECONDS
    ) -> None:
        self._url = link_url(server_url)
        self._bearer = bearer
        self._tls = tls
        self._keepalive_seconds = keepalive_seconds
        self._proxy: Literal[True] | None = True if may_use_proxy(server_url) else None

    async def open(self, hello: Hello) -> WebSocketChannel:
        """Connect, upgrade, and send Hello."""
        channel = WebSocketChannel(await self._connect())
        await channel.send([hello])
        return channel

    async def probe(self) -> None:
        """Connect and hang up, to learn whether upgrades pass. Raises as `open` does."""
        await (await self._connect()).close()

    async def _connect(self) -> ClientConnection:
        try:
            return await _Connect(
                self._url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers={"Authorization": f"Bearer {self._bearer}"},
                compression=None,
                max_size=MAX_MESSAGE_BYTES,
                open_timeout=OPEN_SECONDS,
                ping_interval=self._keepalive_seconds,
                ping_timeout=self._keepalive_seconds,
                close_timeout=CLOSE_SECONDS,
                write_limit=WRITE_BUFFER_BYTES,
                proxy=self._proxy,
                ssl=self._tls if self._url.startswith("wss:") else None,
            )
        except InvalidStatus as refused:
            raise _explained(refused) from refused
        except (InvalidMessage, ProxyError) as broken:
            raise Unreachable(f"The server does not answer as a web server does: {broken}.") from broken
        except InvalidHandshake as refused:
            raise UpgradeRefused(f"Something before the server does not pass WebSockets on: {refused}.") from refused
        except (OSError, TimeoutError, EOFError, WebSocketException) as broken:
            raise unreachable(broken) from broken


class WebSocketChannel:
    """One open WebSocket."""

    name = "websocket"

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def receive(self) -> Sequence[ServerMessage]:
        try:
            return decode_from_server(await self._connection.recv(decode=False))
        except ConnectionClosed as closed:
            raise Unreachable(_why_closed(closed)) from closed

    async def send(self, messages: Sequence[AgentMessage | Batch | CompressedBatch]) -> None:
        try:
            await self._connection.send(encode(messages))
        except ConnectionClosed as closed:
            raise Unreachable(_why_closed(closed)) from closed

    async def close(self) -> None:
        await self._connection.close()


def _explained(refused: InvalidStatus) -> ClaudiosError:
    answer = refused.response
    known = refusal(answer.status_code, answer.headers.get("Retry-After"), bytes(answer.body or b""))
    return known or UpgradeRefused(
        f"The server, or a proxy before it, refused the WebSocket with HTTP {answer.status_code}."
    )


def _why_closed(closed: ConnectionClosed) -> str:
    if closed.rcvd is not None:
        reason = f": {closed.rcvd.reason}" if closed.rcvd.reason else ""
        return f"The server closed the connection (code {closed.rcvd.code}{reason})."
    if closed.sent is not None and closed.sent.reason == "keepalive ping timeout":
        return "The server has gone silent."
    return "The connection to the server was cut."

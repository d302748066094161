"""`transport: auto`: a WebSocket where the network lets one through, else polling, and a look now and then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from claudios.agent.client.carrier import BetterCarrier, Carrier, Channel, UpgradeRefused
from claudios.agent.client.websocket import WebSocketCarrier
from claudios.protocol.codec import CompressedBatch
from claudios.protocol.errors import ClaudiosError
from claudios.protocol.messages import AgentMessage, Hello, ServerMessage
from claudios.protocol.signing import Batch

LOOK_AGAIN_SECONDS = 900.0

_log = logging.getLogger(__name__)


class AutoCarrier:
    """Prefer `websocket`; where its upgrade is refused use what `make_poll` makes (only then is its library loaded)."""

    def __init__(
        self,
        websocket: WebSocketCarrier,
        make_poll: Callable[[], Carrier],
        look_again_seconds: float = LOOK_AGAIN_SECONDS,
    ) -> None:
        self._websocket = websocket
        self._make_poll = make_poll
        self._poll: Carrier | None = None
        self._look_again_seconds = look_again_seconds

    async def open(self, hello: Hello) -> Channel:
        """Open the best channel there is."""
        try:
            return await self._websocket.open(hello)
        except UpgradeRefused as refused:
            if self._poll is None:
                _log.info("%s Polling instead.", refused.message)
                self._poll = self._make_poll()
        return _Fallback(await self._poll.open(hello), self._websocket, self._look_again_seconds)


class _Fallback:
    """A polling channel that ends with BetterCarrier once upgrades pass again."""

    def __init__(self, channel: Channel, websocket: WebSocketCarrier, look_again_seconds: float) -> None:
        self.name = channel.name
        self._channel = channel
        self._websocket = websocket
        self._look_again_seconds = look_again_seconds
        self._look_again_at = asyncio.get_running_loop().time() + look_again_seconds

    async def receive(self) -> Sequence[ServerMessage]:
        while True:
            try:
                async with asyncio.timeout_at(self._look_again_at) as waiting:
                    return await self._channel.receive()
            except TimeoutError:
                if not waiting.expired():
                    raise
            self._look_again_at = asyncio.get_running_loop().time() + self._look_again_seconds
            try:
                await self._websocket.probe()
            except ClaudiosError:
                continue  # as before: polling goes on
            raise BetterCarrier

    async def send(self, messages: Sequence[AgentMessage | Batch | CompressedBatch]) -> None:
        await self._channel.send(messages)

    async def close(self) -> None:
        await self._channel.close()

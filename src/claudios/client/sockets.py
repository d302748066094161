"""What both viewer sockets share: opening one, and how long to wait before opening it again."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from claudios import __version__
from claudios.client.address import Address
from claudios.client.http import API, refusal
from claudios.protocol.errors import Unreachable

LONGEST_PAUSE_SECONDS = 15.0
LARGEST_MESSAGE_BYTES = 64 * 1024 * 1024
GONE = (ConnectionClosed, OSError, TimeoutError, InvalidHandshake)
"""What ends a socket without being a fault of this program."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The socket is gone; the follower tries again after the pause."""

    reason: str
    pause_seconds: float


class Pauses:
    """How long to wait before each new attempt: full jitter over a window that doubles up to a limit."""

    def __init__(self) -> None:
        self._failures = 0
        self._was_connected = False

    def reset(self) -> None:
        self._failures = 0
        self._was_connected = True

    def next(self) -> float:
        self._failures += 1
        window: float = min(LONGEST_PAUSE_SECONDS, 0.5 * 2 ** (self._failures - 1))
        return random.uniform(0.05, window)

    def excuse(self, gone: Exception, address: Address) -> str:
        """Say why a connection is lost. Raises what cannot mend itself: a refusal, or no first contact at all."""
        if isinstance(gone, InvalidStatus) and gone.response.status_code not in (429, 502, 503, 504):
            raise refusal(address, gone.response.status_code, None, bytes(gone.response.body or b"")) from gone
        if not self._was_connected and not isinstance(gone, InvalidStatus | ConnectionClosed):
            raise Unreachable(f"{address.url} cannot be reached: {gone}. Check that the server is running.") from gone
        return str(gone) or type(gone).__name__


@asynccontextmanager
async def open_socket(address: Address, token: str | None, path: str) -> AsyncIterator[ClientConnection]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        async with connect(
            address.socket_url + API + path,
            additional_headers=headers,
            user_agent_header=f"claudios/{__version__}",
            proxy=None if address.is_loopback else True,
            max_size=64 * 1024 * 1024,
            ping_interval=15,
            ping_timeout=20,
            close_timeout=2,
        ) as socket:
            yield socket
    except InvalidURI as invalid:
        raise Unreachable(f"{address.url} cannot be reached by WebSocket: {invalid}. Check the address.") from invalid

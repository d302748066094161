"""What the connection asks of a carrier of the link, and how a carrier says that it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from claudios.protocol.codec import CompressedBatch
from claudios.protocol.errors import LocalError, NotSignedIn, Unreachable
from claudios.protocol.messages import AgentMessage, Hello, ServerMessage
from claudios.protocol.signing import Batch


class Channel(Protocol):
    """One registration at the server. Every call raises Unreachable, or what the server said, once it is broken."""

    name: str

    async def receive(self) -> Sequence[ServerMessage]:
        """Wait for what the server says next; the first is its answer to Hello."""

    async def send(self, messages: Sequence[AgentMessage | Batch | CompressedBatch]) -> None:
        """Hand messages over in order; return when the carrier can take more."""

    async def close(self) -> None:
        """End the registration, politely where that is quick."""


class Carrier(Protocol):
    """A way to reach the server."""

    async def open(self, hello: Hello) -> Channel:
        """Connect and send Hello. Raises Unreachable, UpgradeRefused, TokenRejected, ServerBusy, Superseded."""


class BetterCarrier(LocalError):
    """The server takes WebSockets again. Connect anew, at once."""

    code = "better_carrier"


class UpgradeRefused(Unreachable):
    """The server, or a proxy before it, does not take WebSockets. Set `transport` to `auto` or `poll`."""

    code = "upgrade_refused"


class TokenRejected(NotSignedIn):
    """The server does not know this agent's token. Create a new one on the agent's page and set it as `agentToken`."""

    code = "token_rejected"


class ServerBusy(LocalError):
    """The server asks to come back later."""

    code = "server_busy"

    def __init__(self, message: str | None = None, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class ServerFailed(ServerBusy):
    """The server failed on what it was sent. Look at its log."""

    code = "server_failed"

"""The carrier loop: register, pass on what the server says, send what is to be sent, and come back after a failure.

Its failures end nothing else: sessions go on into their spools, and the next registration resumes from the cursors.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from claudios.agent.client.backoff import Backoff
from claudios.agent.client.carrier import BetterCarrier, Carrier, Channel, ServerBusy, ServerFailed, TokenRejected
from claudios.agent.client.outbox import Outbox
from claudios.agent.client.refusal import FAILURES
from claudios.protocol.asking import Answer
from claudios.protocol.codec import CompressedBatch
from claudios.protocol.errors import (
    AgentInUse,
    ClaudiosError,
    OutOfOrder,
    Superseded,
    Unreachable,
)
from claudios.protocol.link import AgentLink
from claudios.protocol.messages import (
    AgentError,
    Bye,
    Checkpoint,
    Hello,
    Paths,
    Received,
    Report,
    ServerMessage,
    Status,
    Welcome,
)
from claudios.protocol.signing import Batch

WELCOME_SECONDS = 30.0
LINGER_SECONDS = 0.005
"""How long a message waits for company: output overtakes it, and the server commits what comes together at once."""
SETTLED_SECONDS = 30.0
SUPERSEDED_SECONDS = 300.0
REJECTED_SECONDS = 60.0

_log = logging.getLogger(__name__)


class LinkEvents(Protocol):
    """Who is told what happens on the link. None of these may block."""

    def registration(self) -> Hello:
        """Return who this is and where everything stands."""

    def opened(self, welcome: Welcome) -> None:
        """Take note of a new registration."""

    def received(self, messages: Sequence[ServerMessage]) -> None:
        """Take what the server said, in order."""

    def closed(self, *, by_failure: bool) -> None:
        """Take note that the registration is over; what was sent and not acknowledged may be lost.

        `by_failure`: the server said that it failed on what it got.
        """


class Connection:
    """The one link of this agent, over whatever carrier it is given."""

    def __init__(
        self,
        carrier: Carrier,
        server_url: str,
        events: LinkEvents,
        *,
        ends_if_taken: bool = False,
        uniform: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._carrier = carrier
        self._server_url = server_url
        self._events = events
        self._backoff = Backoff(uniform or random.Random().random)
        self._sleep = sleep
        self._ends_if_taken = ends_if_taken  # until this process has been welcomed once
        self._channel: Channel | None = None
        self._broken: asyncio.Future[Exception] | None = None  # what ended the sending of output, while a link is open
        self._outgoing = asyncio.Event()
        self._outbox = Outbox(self._outgoing.set)

    @property
    def is_open(self) -> bool:
        return self._channel is not None

    def post(self, message: Received | Report | Status | AgentError | Checkpoint | Paths | Answer) -> None:
        """Send a message soon. While there is no link only errors are kept: a registration says the rest."""
        if self._channel is not None or isinstance(message, AgentError):
            self._outbox.put(message)

    async def send(self, batches: Sequence[Batch | CompressedBatch]) -> None:
        """Send output now, and return when the link can take more. Raises Unreachable without a link.

        A failure ends the link, also where the carrier's other requests pass: only a new one brings back what was sent.
        """
        channel, broken = self._channel, self._broken
        if channel is None or broken is None:
            raise Unreachable
        try:
            await channel.send(batches)
        except Exception as failure:
            if not broken.done():
                broken.set_result(failure)
            raise

    async def run(self) -> None:
        """Keep a link for ever. Raises AgentInUse when another daemon has the agent at the first registration."""
        while True:
            try:
                await self._register_and_serve()
                delay = 0.0
            except AgentInUse as taken:
                if self._ends_if_taken:
                    raise
                delay = self._explain(taken)
            except Exception as failure:  # the rim: whatever went wrong, the loop goes on
                delay = self._explain(failure)
            if delay:
                await self._sleep(delay)

    async def leave(self, bye: Bye) -> None:
        """Say what is still to be said, and goodbye."""
        channel = self._channel
        if channel is not None:
            try:
                await channel.send([*self._outbox.take(), bye])
            except ClaudiosError as broken:
                _log.info("The server was not told goodbye: %s", broken.message)

    async def _register_and_serve(self) -> None:
        hello = self._events.registration()
        order = AgentLink(hello.received)
        by_failure = False
        async with asyncio.timeout(WELCOME_SECONDS):
            channel = await self._carrier.open(hello)
        try:
            async with asyncio.timeout(WELCOME_SECONDS):
                first = await channel.receive()
            self._take(order, first[:1])
            self._channel = channel
            self._broken = asyncio.get_running_loop().create_future()
            opened_at = asyncio.get_running_loop().time()
            self._ends_if_taken = False
            self._say_connected(channel)
            welcome = first[0]
            assert isinstance(welcome, Welcome)
            self._events.opened(welcome)
            await self._serve(channel, order, first[1:], self._broken)
        except ServerFailed:
            by_failure = True
            raise
        finally:
            if self._channel is not None:
                self._channel = None
                self._outbox.forget_all_but_errors()
                if asyncio.get_running_loop().time() - opened_at >= SETTLED_SECONDS:
                    self._backoff.reset()
                self._events.closed(by_failure=by_failure)
            await channel.close()

    async def _serve(
        self,
        channel: Channel,
        order: AgentLink,
        messages: Sequence[ServerMessage],
        broken: asyncio.Future[Exception],
    ) -> None:
        sending = asyncio.create_task(self._send_posted(channel), name="link sender")
        receiving = asyncio.create_task(self._pass_on(channel, order, messages), name="link receiver")
        try:
            ends: list[asyncio.Future[Any]] = [sending, receiving, broken]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for ended in (receiving, sending):
                if ended.done():
                    ended.result()
            raise broken.result()
        finally:
            for task in (sending, receiving):
                task.cancel()
            await asyncio.gather(sending, receiving, return_exceptions=True)

    async def _pass_on(self, channel: Channel, order: AgentLink, messages: Sequence[ServerMessage]) -> None:
        while True:
            if messages:
                self._take(order, messages)
                self._events.received(messages)
            messages = await channel.receive()

    async def _send_posted(self, channel: Channel) -> None:
        while True:
            await self._outgoing.wait()
            await asyncio.sleep(LINGER_SECONDS)
            self._outgoing.clear()
            messages = self._outbox.take()
            if messages:
                await channel.send(messages)

    def _take(self, order: AgentLink, messages: Sequence[ServerMessage]) -> None:
        """Check the order of messages. An instruction that came before is passed on: the inbox repeats its outcome."""
        if not messages:
            raise OutOfOrder("The server answered Hello with nothing. Check that `serverUrl` names a ClaudiOS server.")
        for message in messages:
            order.receive(message)
            if isinstance(message, Bye):
                raise _meaning(message)

    def _say_connected(self, channel: Channel) -> None:
        if channel.name == "poll":
            _log.info("Polling server at %s", self._server_url)
        else:
            _log.info("Connected to %s (%s)", self._server_url, channel.name)

    def _explain(self, failure: Exception) -> float:
        """Log why there is no link and return how many seconds to wait before the next try."""
        if isinstance(failure, BetterCarrier):
            return 0.0
        if isinstance(failure, (Superseded, AgentInUse)):
            delay = SUPERSEDED_SECONDS
        elif isinstance(failure, TokenRejected):
            delay = self._backoff.next_seconds(REJECTED_SECONDS)
        elif isinstance(failure, ServerBusy):
            delay = self._backoff.next_seconds(failure.retry_after_seconds or 0.0)
        else:
            delay = self._backoff.next_seconds()
        if isinstance(failure, ClaudiosError):
            _log.warning("%s Trying again in %.0f s.", failure.message, delay, extra={"code": failure.code})
        elif isinstance(failure, TimeoutError):
            _log.warning("The server did not answer in time. Trying again in %.0f s.", delay)
        else:
            _log.error("The link failed in a way that is not foreseen.", exc_info=failure)
            self._outbox.put(AgentError(code="internal", message=f"{type(failure).__name__} in the link; see the log."))
        return delay


def _meaning(bye: Bye) -> ClaudiosError:
    if bye.code == Superseded.code:
        return Superseded()
    if bye.code == AgentInUse.code:
        return AgentInUse(bye.message)
    if bye.code in (TokenRejected.code, "not_signed_in"):
        return TokenRejected(bye.message)
    asked = None if bye.retry_after_ms is None else bye.retry_after_ms / 1000
    if bye.code in FAILURES:
        return ServerFailed(f"The server ended the link: {bye.message}", asked)
    return ServerBusy(f"The server ended the link: {bye.message}", asked)

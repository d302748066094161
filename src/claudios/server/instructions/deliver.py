"""Deliver an agent's instructions over one registration: in order, signed, a bounded number ahead of its journal.

A wake-up on the bus carries the instructions themselves, so the usual way from commit to socket reads nothing. When
something does not fit (a gap, a full window, a lost wake-up) they are read from the store, which is the truth.

What a link gets is committed as `sent` before: people may withdraw and edit what is `queued`, and nothing else. While
the agent is connected its instructions are issued as `sent`; what waited for it is claimed here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from claudios.protocol.messages import Instruction
from claudios.protocol.signing import sign_instruction
from claudios.server.instructions.lifecycle import Issued
from claudios.server.store.instructions import Kept, after, claim
from claudios.server.store.transactions import Transactions

log = structlog.get_logger(__name__)


WINDOW = 64
"""Instructions sent and not yet in the agent's journal."""


class Delivery:
    """The cursor of what one registration was sent, and the loop that fills it up from the store."""

    def __init__(
        self,
        store: Transactions,
        agent_id: str,
        key: bytes,
        received: int,
        send: Callable[[Sequence[Instruction]], None],
        claimed: Callable[[Sequence[Kept]], None],
    ) -> None:
        """`key` signs; `received` is the agent's cursor; `send` takes instructions to the carrier, in order.

        `claimed` hears of those that are not `queued` any more.

        `sent` is the newest instruction that counts as sent, `reached` the newest that ever was.
        """
        self._store = store
        self._agent_id = agent_id
        self._key = key
        self._send = send
        self._claimed = claimed
        self._wake = asyncio.Event()
        self._wake.set()
        self._reading = False
        self.received = received
        self.sent = received
        self.reached = received

    def offer(self, issued: tuple[Issued, ...]) -> None:
        """Send new instructions at once if they are next; otherwise have the loop read what is due.

        They are committed as `sent`: what people may still change never comes this way (see `Mailbox.accept`).
        """
        next_in_line = bool(issued) and not self._reading and issued[0].iseq == self.sent + 1
        if next_in_line and issued[-1].iseq <= self.received + WINDOW:
            self._pass_on(issued)
        else:
            self._wake.set()

    def taken(self, iseq: int) -> None:
        """Note that everything up to `iseq` is in the agent's journal."""
        was_full = self.sent >= self.received + WINDOW
        self.received = iseq
        self.sent = max(self.sent, iseq)
        if was_full:
            self._wake.set()

    def again(self) -> None:
        """Send anew what is not in the journal yet: it may have been lost on the way. Doubles do no harm."""
        self.sent = self.received
        self._wake.set()

    def check(self) -> None:
        """Have the loop look whether something is due."""
        self._wake.set()

    async def run(self) -> None:
        """Fill the window from the store whenever woken. Ends by cancellation, or with the store's Unavailable."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while room := self.received + WINDOW - self.sent:
                sent = self.sent
                self._reading = True
                try:
                    due = await self._due(sent, room)
                finally:
                    self._reading = False
                if not due:
                    break
                if due[0].iseq > self.sent + 1:
                    log.error("instruction_log_has_a_gap", agent=self._agent_id, after=self.sent, next=due[0].iseq)
                    break  # the agent would refuse what follows, so this waits to be woken again
                if due[0].iseq == self.sent + 1:
                    self._pass_on(due)

    async def _due(self, sent: int, room: int) -> Sequence[Issued]:
        due = await self._store.read(lambda connection: after(connection, self._agent_id, sent, room))
        if all(entry.is_sent for entry in due):
            return due
        due, claimed = await self._store.write(lambda connection: claim(connection, self._agent_id, sent, room))
        self._claimed(claimed)
        return due

    def _pass_on(self, issued: Sequence[Issued]) -> None:
        self.sent = issued[-1].iseq
        self.reached = max(self.reached, self.sent)
        self._send([self._signed(entry) for entry in issued])

    def _signed(self, entry: Issued) -> Instruction:
        signature = sign_instruction(
            self._key,
            self._agent_id,
            iseq=entry.iseq,
            instruction_id=entry.id,
            kind=entry.kind.value,
            body=entry.body,
            issued_ms=entry.issued_ms,
            expires_ms=entry.expires_ms,
        )
        return Instruction(
            iseq=entry.iseq,
            id=entry.id,
            kind=entry.kind,
            body=entry.body,
            issued_ms=entry.issued_ms,
            expires_ms=entry.expires_ms,
            signature=signature.hex(),
        )

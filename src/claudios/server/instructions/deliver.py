"""Deliver an agent's instructions over one registration: in order, signed, a bounded number ahead of its journal.

A wake-up on the bus carries the instructions themselves, so the usual way from commit to socket reads nothing. When
something does not fit (a gap, a full window, a lost wake-up) they are read from the store, which is the truth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from claudios.protocol.messages import Instruction
from claudios.protocol.signing import sign_instruction
from claudios.server.instructions.lifecycle import Issued
from claudios.server.store.instructions import after

T = TypeVar("T")

WINDOW = 64
"""Instructions sent and not yet in the agent's journal."""


class Reader(Protocol):
    """What runs reading transactions."""

    async def read(self, work: Callable[[Connection], T]) -> T: ...


class Delivery:
    """The cursor of what one registration was sent, and the loop that fills it up from the store."""

    def __init__(
        self, reader: Reader, agent_id: str, key: bytes, received: int, send: Callable[[Sequence[Instruction]], None]
    ) -> None:
        """`key` signs; `received` is the agent's cursor; `send` takes instructions to the carrier, in order.

        `sent` is the newest instruction that counts as sent, `reached` the newest that ever was.
        """
        self._reader = reader
        self._agent_id = agent_id
        self._key = key
        self._send = send
        self._wake = asyncio.Event()
        self._wake.set()
        self._reading = False
        self.received = received
        self.sent = received
        self.reached = received

    def offer(self, issued: tuple[Issued, ...]) -> None:
        """Send new instructions at once if they are next; otherwise have the loop read what is due."""
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
                    due = await self._reader.read(
                        lambda connection, sent=sent, room=room: after(connection, self._agent_id, sent, room)  # type: ignore[misc]
                    )
                finally:
                    self._reading = False
                if not due:
                    break
                if due[0].iseq == self.sent + 1:
                    self._pass_on(due)

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

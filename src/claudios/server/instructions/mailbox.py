"""The mailbox: run what people ask in a transaction, then wake whoever is to hear of it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import Unavailable
from claudios.server.bus.topics import OVERVIEW, Bus, Changed, instructions
from claudios.server.instructions import outcome
from claudios.server.instructions.accept import Accepted
from claudios.server.store.expiry import is_unheard, next_expiry
from claudios.server.store.transactions import Transactions

log = structlog.get_logger(__name__)

T = TypeVar("T")

LONGEST_SLEEP_SECONDS = 60.0
LOOK_SECONDS = 60.0
"""How often it is looked whether agents are gone that were sent something."""
NEVER_MS = 1 << 62
RETRY_SECONDS = 2.0


class Mailbox:
    """Takes requests of people; expires, on the server's clock, what waits too long for its agent."""

    def __init__(self, store: Transactions, bus: Bus, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._bus = bus
        self._now_ms = now_ms
        self._due_ms = NEVER_MS  # when the next instruction expires
        self._sooner = asyncio.Event()

    async def accept(self, work: Callable[[Connection], Accepted[T]]) -> T:
        """Commit what a person asks, then wake its agent's link and tell people. Raises what `work` raises."""
        accepted = await self._store.write(work)
        sys.audit("claudios.mailbox.committed")
        if accepted.issued:
            # what nobody's link has yet may still change: whoever finds the agent connected reads it from the store
            is_sent = all(entry.is_sent for entry in accepted.issued)
            self._bus.publish(instructions(accepted.agent_id), accepted.issued if is_sent else ())
            if not is_sent:  # what a link has expires on its agent
                self._expire_by(min(entry.expires_ms for entry in accepted.issued))
        self.tell(accepted.told)
        await asyncio.sleep(0)  # the agent first: the link writes before this person is answered
        return accepted.answer

    def tell(self, told: Iterable[Changed]) -> None:
        """Publish changes that are committed."""
        for change in told:
            self._bus.publish(OVERVIEW, change)

    async def expire(self) -> None:
        """Expire what is due, sleep until the next is, again and again. Ends only by cancellation.

        At most once in LOOK_SECONDS it also gives up what agents that are gone were sent.
        """
        look_at = 0.0
        while True:
            self._due_ms = NEVER_MS
            try:
                now = asyncio.get_running_loop().time()
                if now >= look_at:
                    look_at = now + LOOK_SECONDS
                    await self._give_up()
                due_ms = await self._store.read(next_expiry)
                if due_ms is not None and due_ms <= self._now_ms():
                    self.tell(await self._store.write(lambda connection: outcome.expire(connection, self._now_ms())))
                    continue
            except Unavailable as problem:
                log.warning("expiry_postponed", problem=problem.message)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if due_ms is not None:
                self._expire_by(due_ms)
            await self._sleep_until_due()

    async def _give_up(self) -> None:
        if await self._store.read(lambda connection: is_unheard(connection, self._now_ms())):
            self.tell(await self._store.write(lambda connection: outcome.give_up(connection, self._now_ms())))

    def _expire_by(self, due_ms: int) -> None:
        if due_ms < self._due_ms:
            self._due_ms = due_ms
            self._sooner.set()

    async def _sleep_until_due(self) -> None:
        """Sleep until then, or until something is due sooner; at most a minute: the wall clock may be set."""
        self._sooner.clear()
        seconds = max((self._due_ms - self._now_ms()) / 1000, 0.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, LONGEST_SLEEP_SECONDS)):
                await self._sooner.wait()

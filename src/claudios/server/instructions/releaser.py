"""Sends what waits in a session once Claude has nothing to do there.

What waits stands in the store, and each prompt is sent in the transaction that takes it out: neither a crash nor a
second replica doubles or loses one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import ClaudiosError
from claudios.server.bus.topics import OVERVIEW, Bus, Changed
from claudios.server.instructions.accept import Accepted
from claudios.server.instructions.waiting import release
from claudios.server.store import prompts

log = structlog.get_logger(__name__)

T = TypeVar("T")

SWEEP_SECONDS = 30.0
_NEWS = ('"activity":"idle"', '"state":"running"', '{"type":"instruction"')


class Transactions(Protocol):
    """What runs reading transactions."""

    async def read(self, work: Callable[[Connection], T]) -> T: ...


class Accepts(Protocol):
    """What commits a request and wakes its agent."""

    async def accept(self, work: Callable[[Connection], Accepted[T]]) -> T: ...


class Releaser:
    """Sends what waits. Without this loop prompts wait for a person to send them."""

    def __init__(self, store: Transactions, mailbox: Accepts, bus: Bus, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._mailbox = mailbox
        self._now_ms = now_ms
        self._wake = asyncio.Event()
        bus.subscribe(OVERVIEW, self._hear)

    async def run(self) -> None:
        """Look when Claude may have nothing to do, and now and then; ends only by cancellation."""
        while True:
            self._wake.clear()
            try:
                for session_id in await self._store.read(prompts.due):
                    await self._release(session_id)
            except ClaudiosError as problem:
                log.warning("release_postponed", problem=problem.message)
            try:
                await asyncio.wait_for(self._wake.wait(), SWEEP_SECONDS)
            except TimeoutError:
                continue

    async def _release(self, session_id: str) -> None:
        await self._mailbox.accept(lambda connection: release(connection, session_id, self._now_ms()))

    def _hear(self, change: Changed) -> None:
        if any(news in change.message for news in _NEWS):
            self._wake.set()

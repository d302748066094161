"""Does what becomes due in sessions while nobody asks: resumes what was lost, sends what waited.

What is due stands in the store, and each work on it is one transaction that looks again whether it is. So neither a
crash nor a second replica doubles or loses any of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import ClaudiosError, Unavailable
from claudios.server.bus.topics import OVERVIEW, Bus, Changed
from claudios.server.instructions.accept import Accepted

log = structlog.get_logger(__name__)

T = TypeVar("T")

SWEEP_SECONDS = 30.0


class Transactions(Protocol):
    """What runs reading transactions."""

    async def read(self, work: Callable[[Connection], T]) -> T: ...


class Accepts(Protocol):
    """What commits a request and wakes its agent."""

    async def accept(self, work: Callable[[Connection], Accepted[T]]) -> T: ...


@dataclass(frozen=True, slots=True)
class Duty:
    """What to do with each session that is due; `do` returns how many instructions that took, 0 for nothing to do."""

    due: Callable[[Connection], list[str]]
    do: Callable[[Connection, str, int], Accepted[int]]


class Caretaker:
    """Does its duties when a change holds one of `news`, and now and then."""

    def __init__(
        self,
        store: Transactions,
        mailbox: Accepts,
        bus: Bus,
        now_ms: Callable[[], int],
        *,
        news: Collection[str],
        duties: Sequence[Duty],
    ) -> None:
        self._store = store
        self._mailbox = mailbox
        self._now_ms = now_ms
        self._news = news
        self._duties = duties
        self._wake = asyncio.Event()
        bus.subscribe(OVERVIEW, self._hear)

    async def run(self) -> None:
        """Look again and again. Ends only by cancellation."""
        while True:
            self._wake.clear()
            try:
                await self.look()
            except Unavailable as problem:
                log.warning("look_postponed", problem=problem.message)
            try:
                await asyncio.wait_for(self._wake.wait(), SWEEP_SECONDS)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Do what is due. Raises Unavailable."""
        for duty in self._duties:
            for session_id in await self._store.read(duty.due):
                await self._do(duty, session_id)

    async def _do(self, duty: Duty, session_id: str) -> None:
        what = duty.do.__name__
        try:
            done = await self._mailbox.accept(lambda connection: duty.do(connection, session_id, self._now_ms()))
        except ClaudiosError as problem:  # concerns this session: the others still want to go on
            log.warning(f"{what}_postponed", session=session_id, problem=problem.message)
            return
        if done:
            log.info(what, session=session_id, instructions=done)

    def _hear(self, change: Changed) -> None:
        if any(news in change.message for news in self._news):
            self._wake.set()

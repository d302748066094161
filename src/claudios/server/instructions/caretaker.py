"""Does what becomes due in sessions while nobody asks: resumes what was lost, sends what waited.

What is due stands in the store, and each work on it is one transaction that looks again whether it is. So neither a
crash nor a second replica doubles or loses any of it.
"""

from __future__ import annotations

import asyncio
import contextlib
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

AGAIN_SECONDS = 2.0
"""When to look again after something failed: what was due is due still."""
APART_SECONDS = 0.05
"""How long one look is after another at the least: where much changes, one sees the work of many."""


class Transactions(Protocol):
    """What runs reading transactions."""

    async def read(self, work: Callable[[Connection], T]) -> T: ...


class Accepts(Protocol):
    """What commits a request and wakes its agent."""

    async def accept(self, work: Callable[[Connection], Accepted[T]]) -> T: ...


@dataclass(frozen=True, slots=True)
class Duty:
    """What to do with each session that is due; `do` returns how many instructions that took, 0 for nothing to do.

    Both take the time in milliseconds. `kind` is what the ids are of, where they are not of sessions. A session that
    `do` can do nothing with for long is not `due`: each look at it would take a transaction that writes.
    """

    due: Callable[[Connection, int], list[str]]
    do: Callable[[Connection, str, int], Accepted[int]]
    kind: str = "session"


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
        sweep_seconds: float,
    ) -> None:
        self._store = store
        self._mailbox = mailbox
        self._now_ms = now_ms
        self._news = news
        self._duties = duties
        self._sweep_seconds = sweep_seconds
        self._failing: set[tuple[str, str, str]] = set()  # what failed in the newest look, and was told of
        self._wake = asyncio.Event()
        bus.subscribe(OVERVIEW, self._hear)

    async def run(self) -> None:
        """Look again and again. Ends only by cancellation."""
        while True:
            self._wake.clear()
            try:
                is_through = await self.look()
            except Unavailable as problem:
                log.warning("look_postponed", problem=problem.message)
                is_through = False
            await asyncio.sleep(APART_SECONDS)
            pause = self._sweep_seconds if is_through else min(AGAIN_SECONDS, self._sweep_seconds)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def look(self) -> bool:
        """Do what is due; return whether nothing of it has to wait for a database that is away. Raises Unavailable."""
        is_through = True
        failing: set[tuple[str, str, str]] = set()
        for duty in self._duties:
            for session_id in await self._due(duty):
                problem = await self._do(duty, session_id)
                if problem is not None:
                    failing.add(self._told_of(duty, session_id, problem))
                is_through &= not isinstance(problem, Unavailable)
        self._failing = failing
        return is_through

    async def _due(self, duty: Duty) -> list[str]:
        return await self._store.read(lambda connection: duty.due(connection, self._now_ms()))

    async def _do(self, duty: Duty, session_id: str) -> Exception | None:
        """Return what keeps a session from it: that concerns no other, which still wants to go on."""
        try:
            done = await self._mailbox.accept(lambda connection: duty.do(connection, session_id, self._now_ms()))
        except Exception as problem:  # the rim
            return problem
        if done:
            log.info(duty.do.__name__, **{duty.kind: session_id}, instructions=done)
        return None

    def _told_of(self, duty: Duty, session_id: str, problem: Exception) -> tuple[str, str, str]:
        """Tell of a problem, once for as long as it lasts; return what it is known by."""
        text = problem.message if isinstance(problem, ClaudiosError) else type(problem).__name__
        what = duty.do.__name__
        known = (what, session_id, text)
        if known in self._failing:
            return known
        if isinstance(problem, ClaudiosError):
            log.warning(f"{what}_postponed", **{duty.kind: session_id}, problem=text)
        else:
            log.error(f"{what}_failed", **{duty.kind: session_id}, exc_info=problem)
        return known

    def _hear(self, change: Changed) -> None:
        if any(news in change.message for news in self._news):
            self._wake.set()

"""Which session a page has before its person: noted in the store while it lasts, where every server sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import Unavailable
from claudios.server.store import looks, projects, sessions

log = structlog.get_logger(__name__)

T = TypeVar("T")

RENEW_SECONDS = looks.LASTS_MS / 3000


class Transactions(Protocol):
    """What runs writing transactions."""

    async def write(self, work: Callable[[Connection], T]) -> T: ...


class Looking:
    """The look of one page. What cannot be noted costs a notification too many, and nothing else."""

    def __init__(self, store: Transactions, user_id: str, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._user_id = user_id
        self._now_ms = now_ms
        self._id = str(uuid4())
        self._session_id: str | None = None
        self._is_noted = False
        self._changed = asyncio.Event()

    def at(self, session_id: str | None) -> None:
        """Take what the page shows now: a session, or none."""
        self._session_id = session_id
        self._changed.set()

    async def run(self) -> None:
        """Note each look, and renew it while it lasts. When cancelled, the look ends."""
        try:
            while True:
                await self._pause()
                await self._note(self._session_id)
        finally:
            if self._is_noted:
                await asyncio.shield(self._note(None))

    async def _pause(self) -> None:
        """Wait until something changes, or is to be renewed."""
        try:
            async with asyncio.timeout(None if self._session_id is None else RENEW_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    async def _note(self, session_id: str | None) -> None:
        def work(connection: Connection) -> None:
            place = None if session_id is None else sessions.place(connection, session_id)
            if place is None or not projects.is_member(connection, self._user_id, place.project_id):
                looks.take(connection, self._id)
            else:
                looks.put(connection, self._id, self._user_id, place.session_id, self._now_ms())

        try:
            self._is_noted = True
            await self._store.write(work)
        except Unavailable as problem:
            log.warning("look_not_noted", problem=problem.message)

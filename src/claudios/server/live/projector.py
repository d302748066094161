"""All rooms: opened when a session speaks or is looked at, closed when it has been quiet for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import NotFound, Unavailable
from claudios.server.bus.topics import OVERVIEW, Bus, Changed, FramesStored
from claudios.server.live.door import Viewer
from claudios.server.live.room import Room
from claudios.server.store import progress
from claudios.server.store.transactions import Transactions

logger = structlog.get_logger(__name__)

T = TypeVar("T")

QUIET_SECONDS = 30.0
BROKEN_SECONDS = 60.0
"""How long a session whose projection failed (a fault of ours) is left alone, so that it costs no more than that."""
CATCH_UP = 64
"""Sessions whose projection is behind that are looked for at a time after the server's start."""


class Projector:
    """Gives every session that needs one a room, with a task of its own."""

    def __init__(self, store: Transactions, bus: Bus, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._bus = bus
        self._now_ms = now_ms
        self._rooms: dict[str, tuple[Room, asyncio.Task[None]]] = {}
        self._broken: dict[str, float] = {}

    def stored(self, frames: FramesStored) -> None:
        """Take frames that are committed."""
        broken_until = self._broken.get(frames.session_id)
        if broken_until is None:
            self._room(frames.session_id).offer(frames)
        elif time.monotonic() > broken_until:
            del self._broken[frames.session_id]
            self._room(frames.session_id).catch_up()

    async def enter(
        self, session_id: str, viewer: Viewer, read: Callable[[Connection], T], begin: Callable[[T, int], None]
    ) -> None:
        """Show a session to a viewer from now on; `begin` is given what `read` finds now and the position of that."""
        await self._room(session_id).enter(viewer, read, begin)

    def leave(self, session_id: str, viewer: Viewer) -> None:
        """Show it no more."""
        if session_id in self._rooms:
            self._rooms[session_id][0].leave(viewer)

    async def settle(self, session_id: str) -> None:
        """Have the store show everything that is folded."""
        if session_id in self._rooms:
            await self._rooms[session_id][0].settle()

    def answered_by(self, session_id: str, request_id: str, username: str) -> None:
        """Learn who answered a request."""
        if session_id in self._rooms:
            self._rooms[session_id][0].answered_by(request_id, username)

    def begin_anew(self, session_id: str) -> None:
        """Have a session's viewers begin anew from the store, where something else stands now."""
        if session_id in self._rooms:
            self._rooms[session_id][0].begin_anew()

    async def run(self) -> None:
        """Catch up with what was committed and not folded when the server stopped; then close what is quiet."""
        try:
            await self._catch_up()
            while True:
                await asyncio.sleep(QUIET_SECONDS)
                quiet_since = time.monotonic() - QUIET_SECONDS
                for session_id, (room, _) in list(self._rooms.items()):
                    if room.is_idle and room.last_used < quiet_since:
                        await self._close(session_id)
        finally:
            await self._close_all()

    async def _catch_up(self) -> None:
        seen: set[str] = set()
        while True:
            try:
                behind = await self._store.read(lambda connection: progress.behind(connection, CATCH_UP))
            except Unavailable as problem:
                logger.warning("catching_up_postponed", problem=problem.message)
                await asyncio.sleep(1)
                continue
            fresh = [session_id for session_id in behind if session_id not in seen]
            if not fresh:
                return
            for session_id in fresh:
                seen.add(session_id)
                self._room(session_id).catch_up()
            for session_id in fresh:
                await self._room(session_id).caught_up()

    def _room(self, session_id: str) -> Room:
        known = self._rooms.get(session_id)
        if known is not None:
            return known[0]
        room = Room(session_id, self._store, self._tell, self._now_ms)
        task = asyncio.get_running_loop().create_task(room.run(), name=f"project {session_id}")
        task.add_done_callback(lambda ended: self._ended(session_id, ended))
        self._rooms[session_id] = (room, task)
        return room

    async def _close(self, session_id: str) -> None:
        known = self._rooms.pop(session_id, None)
        if known is not None:
            known[1].cancel()
            await asyncio.gather(known[1], return_exceptions=True)

    def _ended(self, session_id: str, task: asyncio.Task[None]) -> None:
        """Drop a room whose task failed; after a pause, or for a viewer, another begins from what is kept."""
        if task.cancelled():
            return
        logger.error("projection_failed", session=session_id, exc_info=task.exception())
        self._broken[session_id] = time.monotonic() + BROKEN_SECONDS
        known = self._rooms.get(session_id)
        if known is not None and known[1] is task:
            del self._rooms[session_id]
            for viewer in tuple(known[0].viewers):
                viewer.lose(session_id)

    async def _close_all(self) -> None:
        """Keep what every room has folded, and end them."""
        for session_id, (room, _) in list(self._rooms.items()):
            try:
                await room.settle()
            except (NotFound, Unavailable) as problem:
                logger.warning("projection_not_kept", session=session_id, problem=problem.message)
            await self._close(session_id)

    def _tell(self, told: Iterable[Changed]) -> None:
        for change in told:
            self._bus.publish(OVERVIEW, change)

"""Keeps the search index behind the transcripts, a few seconds late and a little at a time.

What is to be indexed stands in the store (a session whose index is behind its items). Each piece is read and encoded on
a snapshot, and put in one short transaction, for which the writers of output wait; the longer it took, the longer the
pause after it, and a session whose output is streaming is left until it pauses, though not for long. So a crash loses
nothing, and several servers may follow at once. A session that the server fails at is left alone for a while, and keeps
no other from being found.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from claudios.protocol.errors import Unavailable
from claudios.server.store import indexing
from claudios.server.store.transactions import Transactions

log = structlog.get_logger(__name__)


EVERY_SECONDS = 2.0
"""How late a text may be found: what changes meanwhile is indexed once."""
APART_SECONDS = 0.05
"""Between two pieces: the writers of output have their turn."""
REST = 20.0
"""The pause after a piece is at least so many times as long as putting it took."""
QUIET_SECONDS = 2.0
"""A session that had no output for so long is indexed."""
LATEST_SECONDS = 30.0
"""One that streams on is indexed all the same so long after it was first seen to be behind."""
AT_ONCE = 64
"""Sessions that have their turn before it is asked again which are behind."""
BROKEN_SECONDS = 600.0


class Streaming:
    """Knows which sessions are having output, from their last frames at each look."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def is_due(self, session_id: str, last_seq: int, now: float) -> bool:
        """Note the last frame of a session that is behind; say whether it paused, or has waited long enough."""
        seen = self._seen.get(session_id)
        if seen is None or seen.last_seq != last_seq:
            seen = _Seen(last_seq, now, now if seen is None else seen.first)
            self._seen[session_id] = seen
        return now - seen.since >= QUIET_SECONDS or now - seen.first >= LATEST_SECONDS

    def forget(self, session_id: str) -> None:
        """Begin anew with a session that is level."""
        self._seen.pop(session_id, None)

    def sweep(self, now: float) -> None:
        """Forget sessions that nothing was heard of for long: they may be gone."""
        self._seen = {mine: seen for mine, seen in self._seen.items() if now - seen.since < BROKEN_SECONDS}


@dataclass(frozen=True, slots=True)
class _Seen:
    """That a session's newest frame is `last_seq` since then, and when it was first seen to be behind (both in s)."""

    last_seq: int
    since: float
    first: float


class Follower:
    """Indexes what is not yet, going round by the ids of sessions. `apart_seconds` is 0 for no pauses at all."""

    def __init__(
        self, store: Transactions, apart_seconds: float = APART_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._apart_seconds = apart_seconds
        self._clock = clock
        self._after = ""
        self._broken: dict[str, float] = {}
        self._streaming = Streaming()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                is_level = await self.look(waits=True)
            except Unavailable as problem:
                log.warning("indexing_postponed", problem=problem.message)
                is_level = True
            await asyncio.sleep(EVERY_SECONDS if is_level else self._apart_seconds)

    async def catch_up(self) -> None:
        """Index all that is to be indexed now. Raises Unavailable."""
        while not await self.look():
            pass

    async def look(self, *, waits: bool = False) -> bool:
        """Index a piece of each of the next sessions that are behind; say whether those were all, and are level.

        Where it `waits`, sessions that have output just now are left for a later look, and count as level. Raises
        Unavailable where the store does not say which they are. One that fails has lost its turn.
        """
        now = self._clock()
        self._streaming.sweep(now)
        self._broken = {session_id: until for session_id, until in self._broken.items() if until > now}
        after = self._after
        behind = await self._store.read(lambda connection: indexing.behind(connection, AT_ONCE, after))
        is_round_over = len(behind) < AT_ONCE
        self._after = "" if is_round_over else behind[-1].session_id
        is_level = is_round_over and after == ""
        for session_id, last_seq in behind:
            if session_id in self._broken or (waits and not self._streaming.is_due(session_id, last_seq, now)):
                continue
            try:
                is_level &= await self._follow(session_id)
            except Unavailable as problem:
                log.warning("indexing_postponed", session=session_id, problem=problem.message)
            except Exception:  # the rim: the other sessions have their turn
                log.exception("indexing_failed", session=session_id)
                self._broken[session_id] = now + BROKEN_SECONDS
        return is_level

    async def forget(self, session_id: str) -> None:
        """Delete the words of a session that is about to be deleted, a piece at a time: others write in between.

        Where it stays after all, it is indexed anew. Raises Unavailable.
        """
        await self._store.write(lambda connection: indexing.begin_anew(connection, session_id))
        while not await self._store.write(lambda connection: indexing.forget_outdated(connection, session_id)):
            pass

    async def _follow(self, session_id: str) -> bool:
        """Index the next piece of a session; say whether it is level then."""
        piece = await self._store.read(lambda connection: indexing.next_piece(connection, session_id))
        if piece is None:
            return True
        begun = time.monotonic()
        try:
            is_level = await self._store.write(lambda connection: indexing.keep(connection, piece))
            if is_level:
                self._streaming.forget(session_id)
            return is_level
        finally:
            took = time.monotonic() - begun
            await asyncio.sleep(max(self._apart_seconds, took * REST) if self._apart_seconds else 0)

"""One reader's way through a session's log: what is stored first, then what is committed, with no gap and no double.

The live pieces wait in a queue of at most MAX_WAITING_BYTES. A reader that falls further behind loses the queue, not
its place: it reads on from the store, by position, until the queue is in reach again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from claudios.protocol.frame import locate
from claudios.server.bus.topics import Bus, FramesStored, frames
from claudios.server.live.waiting import Waiting
from claudios.server.store import log

T = TypeVar("T")

MAX_WAITING_BYTES = 1024 * 1024
READ_BYTES = 1024 * 1024


class Reader(Protocol):
    """What runs reading transactions."""

    async def read(self, work: Callable[[Connection], T]) -> T: ...


class LogFeed:
    """A session's encoded frames after a position. Close it when done."""

    def __init__(self, reader: Reader, bus: Bus, session_id: str, after_seq: int) -> None:
        self.position = after_seq
        self._reader = reader
        self._session_id = session_id
        self._waiting = Waiting(MAX_WAITING_BYTES)
        self._is_behind = True
        self._wake = asyncio.Event()
        self.close = bus.subscribe(frames(session_id), self._offer)

    async def next(self) -> bytes:
        """Wait for frames after the position, move it past them and return them: whole frames, back to back."""
        while True:
            if (live := self._next_live()) is not None:
                return live
            if self._is_behind or self._waiting:
                self._is_behind = False  # before reading: what overflows from now on counts again
                if (stored := await self._next_stored()) is not None:
                    self._is_behind = True
                    return stored
            else:
                self._wake.clear()
                await self._wake.wait()

    def _offer(self, stored: FramesStored) -> None:
        if not self._waiting.offer(stored):
            self._is_behind = True
        self._wake.set()

    def _next_live(self) -> bytes | None:
        """Return what waits and continues the position; what comes before it is dropped."""
        pieces: list[bytes] = []
        while self._waiting.begins_by(self.position + 1):
            piece = self._waiting.pop()
            if piece.last_seq > self.position:
                pieces.append(_after(piece, self.position))
                self.position = piece.last_seq
        if not pieces:
            return None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _next_stored(self) -> bytes | None:
        after = self.position
        stretches = await self._reader.read(
            lambda connection: log.stretches_after(connection, self._session_id, after, READ_BYTES)
        )
        if not stretches:
            return None
        self.position = stretches[-1].last_seq
        return b"".join(stretch.frames for stretch in stretches)


def _after(piece: FramesStored, seq: int) -> bytes:
    if piece.first_seq > seq:
        return piece.frames
    start = next(found.start for found in locate(piece.frames) if found.seq == seq + 1)
    return piece.frames[start:]

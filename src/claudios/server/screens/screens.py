"""What the terminal sessions show now: the newest drawing of each is kept, so that the next needs only what came since.

One drawing of a session is made at a time, for all who ask meanwhile. Where none can be made, a viewer is sent the tail
of the output, from the newest process on and REPLAY_BYTES at most.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from claudios.protocol.messages import StartSession
from claudios.protocol.terminal import TerminalSize
from claudios.server.screens.drawer import Busy, Drawer, Drawing
from claudios.server.store import asked, log, retention
from claudios.server.store.log import Stretch

T = TypeVar("T")

FIRST_SIZE = TerminalSize(columns=80, rows=24)
REPLAY_BYTES = 2 * 1024 * 1024
READ_BYTES = 1024 * 1024
DRAWN_BYTES = 64 * 1024 * 1024
"""How much output is read at most for one drawing; older output is left out."""
MAX_BATCHES = 50_000
FAILED_SECONDS = 60.0
"""For so long a session that could not be drawn is not tried again: each try keeps the others waiting."""
KEPT_BYTES = 32 * 1024 * 1024


class Reader(Protocol):
    """What runs reading transactions."""

    async def read(self, work: Callable[[Connection], T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What a terminal of this size shows after frame `seq`; `data` is empty where it is to be found by replay."""

    seq: int
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class _Tail:
    """Frames from after `seq` to `last_seq`, for a terminal that begins as `begun`."""

    seq: int
    last_seq: int
    begun: Drawing


class Screens:
    """The newest drawings, KEPT_BYTES of them in all: the one used longest ago goes first."""

    def __init__(self, store: Reader, drawer: Drawer, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._store = store
        self._drawer = drawer
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[str, Shown] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[Shown]] = {}
        self._failed: dict[str, float] = {}  # until when each is not tried again

    async def of(self, session_id: str) -> Shown:
        """Return what a session shows, as of a frame of a moment ago. Raises Unavailable."""
        task = self._under_way.get(session_id)
        if task is None:
            task = asyncio.create_task(self._show(session_id), name="screen")
            self._under_way[session_id] = task
            task.add_done_callback(lambda done: self._done(session_id, done))
        return await asyncio.shield(task)

    async def is_far(self, session_id: str, after: int) -> bool:
        """Say whether more than REPLAY_BYTES came after a frame, so that what is shown now is the shorter way."""

        def start(connection: Connection) -> int:
            return log.tail_start(connection, session_id, after, REPLAY_BYTES, MAX_BATCHES)

        return await self._store.read(start) > after

    def forget(self, session_id: str) -> None:
        """Forget what a session showed: its output was removed, or the session with it."""
        self._kept.pop(session_id, None)
        self._under_way.pop(session_id, None)
        self._failed.pop(session_id, None)

    async def close(self) -> None:
        """End what is under way, and the worker."""
        for task in tuple(self._under_way.values()):
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        await self._drawer.close()

    async def _show(self, session_id: str) -> Shown:
        kept = self._kept.get(session_id)
        tail = await self._store.read(lambda connection: _tail(connection, session_id, kept, DRAWN_BYTES))
        if kept is not None and tail.begun is not kept.drawing:  # of an older process, or of output that was removed
            self._kept.pop(session_id, None)
        if tail.seq == tail.last_seq:  # nothing to read
            return Shown(tail.seq, tail.begun)
        frames = _Frames(self._store, session_id, tail)
        drawing = await self._draw(session_id, tail.begun, frames)
        if drawing is not None:
            return Shown(frames.seq, drawing)
        replay = await self._store.read(lambda connection: _tail(connection, session_id, None, REPLAY_BYTES))
        return Shown(replay.seq, replay.begun)

    async def _draw(self, session_id: str, begun: Drawing, frames: _Frames) -> Drawing | None:
        """Return the drawing, or None where there is none now."""
        now = asyncio.get_running_loop().time()
        self._failed = {failed: until for failed, until in self._failed.items() if until > now}
        if session_id in self._failed:
            return None
        try:
            drawing = await self._drawer.draw(begun, frames)
        except Busy:
            return None
        if drawing is None:
            self._failed[session_id] = now + FAILED_SECONDS
        return drawing

    def _done(self, session_id: str, task: asyncio.Task[Shown]) -> None:
        if self._under_way.get(session_id) is not task:
            return  # forgotten meanwhile
        del self._under_way[session_id]
        if task.cancelled() or task.exception() is not None or not task.result().drawing.data:
            return
        self._kept[session_id] = task.result()
        self._kept.move_to_end(session_id)
        while sum(len(shown.drawing.data) for shown in self._kept.values()) > self._kept_bytes:
            self._kept.popitem(last=False)


class _Frames:
    """The frames of a tail, and those that are stored meanwhile; `seq` is the last one that was read."""

    def __init__(self, store: Reader, session_id: str, tail: _Tail) -> None:
        self.seq = tail.seq
        self._store = store
        self._session_id = session_id
        self._last_seq = tail.last_seq

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.seq < self._last_seq:
            found = await self._store.read(self._next)
            if not found:
                return  # removed meanwhile
            self.seq = found[-1].last_seq
            yield b"".join(stretch.frames for stretch in found)

    def _next(self, connection: Connection) -> Sequence[Stretch]:
        return log.stretches_after(connection, self._session_id, self.seq, READ_BYTES)


def _tail(connection: Connection, session_id: str, kept: Shown | None, max_bytes: int) -> _Tail:
    """Return which frames to read: those after what is kept, else those of the newest process; `max_bytes` at most."""
    removed = retention.tombstone(connection, session_id)
    if removed is not None:  # and with it what its processes were started with
        begun = Drawing(FIRST_SIZE.columns, FIRST_SIZE.rows, b"")
        return _Tail(removed.last_seq, log.last_seq(connection, session_id), begun)
    start, size, last_seq = _newest_process(connection, session_id)
    if kept is not None and kept.seq >= start:
        start, begun = kept.seq, kept.drawing
    else:
        begun = Drawing(size.columns, size.rows, b"")
    cut = log.tail_start(connection, session_id, start, max_bytes, MAX_BATCHES)
    if cut > start:
        begun = Drawing(begun.columns, begun.rows, b"")
    return _Tail(cut, last_seq, begun)


def _newest_process(connection: Connection, session_id: str) -> tuple[int, TerminalSize, int]:
    """Return the frame before the first of the newest process that wrote anything, its size, and the last frame."""
    last_seq = log.last_seq(connection, session_id)
    starts = [StartSession.model_validate_json(began.body) for began in asked.newest_starts(connection, session_id)]
    if not starts:
        return 0, FIRST_SIZE, last_seq
    newest = next((start for start in starts if start.first_seq <= last_seq), starts[0])
    return newest.first_seq - 1, newest.size or FIRST_SIZE, last_seq

"""One session's projection while it is busy or watched: fold, show at once, keep a little later.

Everything happens in one task, in turns: fold a piece of the log, show what it changed, let viewers in, keep what is
due. So nothing here needs a lock, a viewer who hangs up disturbs nobody, and a viewer enters between two slices:
everything is kept, then read, then the viewer attached; it misses nothing and gets nothing twice. The fold runs behind
the log and never delays an acknowledgement.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import NotFound, Unavailable
from claudios.server.bus.topics import Changed, FramesStored
from claudios.server.live.door import Door, Guest, Viewer
from claudios.server.live.keeping import Keeper
from claudios.server.live.patches import patch
from claudios.server.live.waiting import Waiting
from claudios.server.projections.fold import Fold
from claudios.server.store import folds, log
from claudios.server.store.transactions import Transactions

logger = structlog.get_logger(__name__)

T = TypeVar("T")

SLICE_SECONDS = 0.004
MAX_WAITING_BYTES = 4 * 1024 * 1024
READ_BYTES = 1024 * 1024
RETRY_SECONDS = 1.0


class Room:
    """A session's fold, the frames it has not taken yet, and its viewers."""

    def __init__(
        self,
        session_id: str,
        store: Transactions,
        tell: Callable[[Iterable[Changed]], None],
        now_ms: Callable[[], int],
    ) -> None:
        self.session_id = session_id
        self.viewers: set[Viewer] = set()
        self.last_used = time.monotonic()
        self._store = store
        self._fold: Fold | None = None
        self._keeper = Keeper(session_id, store, tell, now_ms)
        self._next_seq = 0  # the frame of the log to be fed next
        self._waiting = Waiting(MAX_WAITING_BYTES)
        self._is_behind = False
        self._is_outdated = False
        self._door = Door()
        self._wake = asyncio.Event()
        self._level = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to fold or keep, and nobody watches."""
        return self._level.is_set() and self._keeper.due_at is None and not self.viewers and not self._door

    def offer(self, stored: FramesStored) -> None:
        """Take frames that are committed."""
        self.last_used = time.monotonic()
        if not self._waiting.offer(stored):
            self._is_behind = True
        self._level.clear()
        self._wake.set()

    def catch_up(self) -> None:
        """Fold what the log holds beyond the fold."""
        self._is_behind = True
        self._level.clear()
        self._wake.set()

    def begin_anew(self) -> None:
        """Read from the store again what it has; viewers begin anew from there."""
        self._is_outdated = True
        self._wake.set()

    async def caught_up(self) -> None:
        """Wait until everything that was offered is folded."""
        await self._level.wait()

    def answered_by(self, request_id: str, username: str) -> None:
        """Learn who answered a request, before the log tells that it is answered."""
        if self._fold is not None:
            self._fold.answered_by({request_id: username})

    async def enter(self, viewer: Viewer, read: Callable[[Connection], T], begin: Callable[[T, int], None]) -> None:
        """Attach a viewer. Before its first patch, `begin` is given what `read` finds, and the position of that.

        Raises what `read` does, NotFound for a viewer who leaves meanwhile, Unavailable.
        """
        await self._knock(Guest(viewer, read, begin))

    async def settle(self) -> None:
        """Keep everything that is folded, so that the store shows it. Raises NotFound, Unavailable."""
        await self._knock(Guest(None, None, None))

    def leave(self, viewer: Viewer) -> None:
        """Detach a viewer, or keep it from coming in: it is shown nothing from now on."""
        self._door.leave(viewer)
        self.viewers.discard(viewer)
        self.last_used = time.monotonic()

    async def run(self) -> None:
        """Take turns until cancelled. When the store fails, begin again from what it has."""
        try:
            while True:
                try:
                    await self._rest()
                    await self._turn()
                except Unavailable as problem:
                    logger.warning("projection_postponed", session=self.session_id, problem=problem.message)
                    self._forget(problem)
                    await asyncio.sleep(RETRY_SECONDS)
                except NotFound as gone:
                    self._forget(gone)
                    self._waiting.clear()
                    self._is_behind = False
                    self._level.set()
        finally:
            self._forget(Unavailable())

    async def _knock(self, guest: Guest) -> None:
        self.last_used = time.monotonic()
        self._door.knock(guest)
        self._wake.set()
        await guest.is_in

    async def _rest(self) -> None:
        """Wait for frames or viewers, or until it is time to keep."""
        if self._waiting or self._is_behind or self._is_outdated or self._door:
            return
        self._wake.clear()
        if self._keeper.due_at is None:
            await self._wake.wait()
            return
        try:
            async with asyncio.timeout(max(0.0, self._keeper.due_at - time.monotonic())):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _turn(self) -> None:
        if self._is_outdated:
            self._is_outdated = False
            self._drop()
        fold = await self._loaded()
        if self._is_behind:
            await self._read_on()
        for _ in range(len(self._waiting)):  # what comes meanwhile waits for the next turn
            if not self._waiting:  # it overflowed meanwhile
                break
            if not self._waiting.begins_by(self._next_seq):
                self._is_behind = True
                break
            piece = self._waiting.pop()
            if piece.last_seq >= self._next_seq:
                await self._feed(fold, piece.frames)
                self._next_seq = piece.last_seq + 1
        self._show(fold)
        if self._door:
            await self._keeper.keep(fold)
            await self._door.let_in(self._store.read, fold.position, self.viewers.add)
        self._keeper.plan(fold)
        if self._keeper.due_at is not None and time.monotonic() >= self._keeper.due_at:
            await self._keeper.keep(fold)
        if not self._waiting and not self._is_behind:
            self._level.set()

    async def _read_on(self) -> None:
        """Put the next frames of the log in front of what waits."""
        after = self._next_seq - 1
        stretches = await self._store.read(
            lambda connection: log.stretches_after(connection, self.session_id, after, READ_BYTES)
        )
        self._is_behind = bool(stretches)
        self._waiting.put_first(
            [
                FramesStored(self.session_id, stretch.first_seq, stretch.last_seq, stretch.frames)
                for stretch in stretches
            ]
        )

    async def _feed(self, fold: Fold, frames: bytes) -> None:
        """Fold frames, letting others go on every few milliseconds."""
        until = time.perf_counter() + SLICE_SECONDS
        for _ in fold.steps(frames):
            if time.perf_counter() > until:
                self._show(fold)
                await asyncio.sleep(0)
                until = time.perf_counter() + SLICE_SECONDS

    def _show(self, fold: Fold) -> None:
        if not self.viewers:
            fold.forget_changes()
            return
        changes = fold.changes()
        if changes:
            shown = patch(self.session_id, fold.position, changes)
            for viewer in tuple(self.viewers):
                viewer.show(shown)

    async def _loaded(self) -> Fold:
        if self._fold is None:
            loaded = await self._store.read(lambda connection: folds.load(connection, self.session_id))
            if loaded is None:
                raise NotFound
            self._fold = loaded.fold
            self._next_seq = loaded.resume_seq
            self._is_behind = self._is_behind or loaded.last_seq >= loaded.resume_seq
            self._keeper.loaded(loaded.fold)
        return self._fold

    def _forget(self, why: Exception) -> None:
        """Drop the fold, which no longer knows what is kept, and send away who waits at the door."""
        self._door.refuse_all(why)
        self._drop()

    def _drop(self) -> None:
        """Drop the fold; viewers begin anew from their own positions."""
        self._fold = None
        self._keeper.forget()
        self._is_behind = True
        for viewer in tuple(self.viewers):
            self.viewers.discard(viewer)
            viewer.lose(self.session_id)

"""One session's projection while it is busy or watched: fold, show at once, keep a little later.

Everything happens in one task, in turns: fold a piece of the log, show what it changed, let viewers in, keep what is
due. So nothing here needs a lock, a viewer who hangs up disturbs nobody, and a viewer enters between two slices:
everything is kept, then read, then the viewer attached; it misses nothing and gets nothing twice. The fold runs behind
the log and never delays an acknowledgement.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import NotFound, Unavailable
from claudios.server.bus.topics import Changed, FramesStored
from claudios.server.live.patches import Patch, patch
from claudios.server.projections.asks import AskEvent
from claudios.server.projections.facts import Facts
from claudios.server.projections.fold import Fold
from claudios.server.projections.life import Life
from claudios.server.store import folds, log
from claudios.server.store.folds import Save
from claudios.server.store.progress import Sums

logger = structlog.get_logger(__name__)

T = TypeVar("T")

KEEP_SECONDS = 0.25
KEEP_SOON_SECONDS = 0.02
"""What matters to everybody is kept this soon: late enough to take its neighbours along, unnoticed by people."""
KEEP_POSITION_SECONDS = 2.0
SLICE_SECONDS = 0.004
MAX_WAITING_BYTES = 4 * 1024 * 1024
READ_BYTES = 1024 * 1024
RETRY_SECONDS = 1.0


class Transactions(Protocol):
    """What runs transactions."""

    async def write(self, work: Callable[[Connection], T]) -> T: ...

    async def read(self, work: Callable[[Connection], T]) -> T: ...


class Viewer(Protocol):
    """Who is shown a session."""

    def show(self, shown: Patch) -> None:
        """Take a patch. Must not block."""

    def lose(self, session_id: str) -> None:
        """Take that the patches have broken off: begin anew from your position."""


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
        self._tell = tell
        self._now_ms = now_ms
        self._fold: Fold | None = None
        self._next_seq = 0  # the frame of the log to be fed next
        self._waiting: deque[FramesStored] = deque()  # bounded; when full, it is dropped and the log is read
        self._waiting_bytes = 0
        self._is_behind = False
        self._door: deque[_Guest] = deque()  # one for each viewer socket that subscribes now
        self._wake = asyncio.Event()
        self._level = asyncio.Event()
        self._keep_at: float | None = None
        self._asks: list[AskEvent] = []
        self._kept: tuple[int, Sums, Life] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to fold or keep, and nobody watches."""
        return self._level.is_set() and self._keep_at is None and not self.viewers and not self._door

    def offer(self, stored: FramesStored) -> None:
        """Take frames that are committed."""
        self.last_used = time.monotonic()
        if self._waiting and self._waiting_bytes + len(stored.frames) > MAX_WAITING_BYTES:
            self._waiting.clear()
            self._waiting_bytes = 0
            self._is_behind = True
        else:
            self._waiting.append(stored)
            self._waiting_bytes += len(stored.frames)
        self._level.clear()
        self._wake.set()

    def catch_up(self) -> None:
        """Fold what the log holds beyond the fold."""
        self._is_behind = True
        self._level.clear()
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

        Raises NotFound, Unavailable.
        """
        await self._knock(_Guest(viewer, read, begin))

    async def settle(self) -> None:
        """Keep everything that is folded, so that the store shows it. Raises NotFound, Unavailable."""
        await self._knock(_Guest(None, None, None))

    def leave(self, viewer: Viewer) -> None:
        """Detach a viewer."""
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
                    self._waiting_bytes = 0
                    self._is_behind = False
                    self._level.set()
        finally:
            self._forget(Unavailable())

    async def _knock(self, guest: _Guest) -> None:
        self.last_used = time.monotonic()
        self._door.append(guest)
        self._wake.set()
        await guest.is_in

    async def _rest(self) -> None:
        """Wait for frames or viewers, or until it is time to keep."""
        if self._waiting or self._is_behind or self._door:
            return
        self._wake.clear()
        if self._keep_at is None:
            await self._wake.wait()
            return
        try:
            async with asyncio.timeout(max(0.0, self._keep_at - time.monotonic())):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _turn(self) -> None:
        fold = await self._loaded()
        if self._is_behind:
            await self._read_on()
        for _ in range(len(self._waiting)):  # what comes meanwhile waits for the next turn
            if not self._waiting:  # it overflowed meanwhile
                break
            piece = self._waiting[0]
            if piece.first_seq > self._next_seq:
                self._is_behind = True
                break
            self._waiting.popleft()
            self._waiting_bytes -= len(piece.frames)
            if piece.last_seq >= self._next_seq:
                await self._feed(fold, piece.frames)
                self._next_seq = piece.last_seq + 1
        self._show(fold)
        if self._door:
            await self._let_in(fold)
        self._asks += fold.ask_events()
        self._plan_keeping(fold)
        if self._keep_at is not None and time.monotonic() >= self._keep_at:
            await self._keep(fold)
        if not self._waiting and not self._is_behind:
            self._level.set()

    async def _let_in(self, fold: Fold) -> None:
        await self._keep(fold)
        while self._door:
            guest = self._door[0]
            found = None if guest.read is None else await self._store.read(guest.read)
            self._door.popleft()
            if guest.is_in.done():  # hung up meanwhile
                continue
            if guest.viewer is not None and guest.begin is not None:
                guest.begin(found, fold.position)
                self.viewers.add(guest.viewer)
            guest.is_in.set_result(None)

    async def _read_on(self) -> None:
        """Put the next frames of the log in front of what waits."""
        after = self._next_seq - 1
        stretches = await self._store.read(
            lambda connection: log.stretches_after(connection, self.session_id, after, READ_BYTES)
        )
        self._is_behind = bool(stretches)
        for stretch in reversed(stretches):
            self._waiting.appendleft(FramesStored(self.session_id, stretch.first_seq, stretch.last_seq, stretch.frames))
            self._waiting_bytes += len(stretch.frames)

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

    def _plan_keeping(self, fold: Fold) -> None:
        """Say when to keep: soon what everybody should see, else in a while."""
        kept_position, sums, life = self._kept or (0, None, None)
        facts = fold.facts
        if self._asks or sums is None or life != facts.life or sums.activity != facts.activity:
            seconds = KEEP_SOON_SECONDS
        elif fold.is_dirty:
            seconds = KEEP_SOON_SECONDS if sums.output_tokens != facts.output_tokens else KEEP_SECONDS
        elif fold.position != kept_position:
            seconds = KEEP_POSITION_SECONDS
        else:
            return
        due = time.monotonic() + seconds
        self._keep_at = due if self._keep_at is None else min(due, self._keep_at)

    async def _keep(self, fold: Fold) -> None:
        """Write down what is not yet."""
        self._asks += fold.ask_events()
        self._keep_at = None
        kept = (fold.position, _sums(fold.facts), fold.facts.life)
        if kept == self._kept and not fold.is_dirty and not self._asks:
            return
        is_news = self._kept is None or kept[1:] != self._kept[1:]
        new = Save(fold.checkpoint(), fold.dirty(), tuple(self._asks), kept[1], kept[2], is_news)
        told = await self._store.write(lambda connection: folds.save(connection, self.session_id, new, self._now_ms()))
        self._asks.clear()
        self._kept = kept
        self._tell(told)

    async def _loaded(self) -> Fold:
        if self._fold is None:
            loaded = await self._store.read(lambda connection: folds.load(connection, self.session_id))
            if loaded is None:
                raise NotFound
            self._fold = loaded.fold
            self._next_seq = loaded.resume_seq
            self._is_behind = self._is_behind or loaded.last_seq >= loaded.resume_seq
            facts = loaded.fold.facts
            self._kept = (loaded.fold.position, _sums(facts), facts.life) if loaded.fold.position else None
        return self._fold

    def _forget(self, why: Exception) -> None:
        """Drop the fold, which no longer knows what is kept; viewers begin anew from their own positions."""
        self._fold = None
        self._keep_at = None
        self._asks.clear()
        self._is_behind = True
        while self._door:
            guest = self._door.popleft()
            if not guest.is_in.done():
                guest.is_in.set_exception(why)
        for viewer in tuple(self.viewers):
            self.viewers.discard(viewer)
            viewer.lose(self.session_id)


class _Guest:
    """Who waits to be let in, or to be told that everything is kept."""

    __slots__ = ("begin", "is_in", "read", "viewer")

    def __init__(
        self,
        viewer: Viewer | None,
        read: Callable[[Connection], Any] | None,
        begin: Callable[[Any, int], None] | None,
    ) -> None:
        self.viewer = viewer
        self.read = read
        self.begin = begin
        self.is_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()


def _sums(facts: Facts) -> Sums:
    return Sums(
        activity=facts.activity,
        cost_usd=facts.cost_usd,
        input_tokens=facts.input_tokens,
        output_tokens=facts.output_tokens,
        claude_session_id=facts.claude_session_id,
        model=facts.model,
        permission_mode=facts.permission_mode,
        last_text=facts.last_text,
        started_ms=facts.started_ms,
        ended_ms=facts.ended_ms,
    )

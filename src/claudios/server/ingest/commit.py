"""Group commit: while one transaction is on its way to the disk, what arrives gathers for the next.

Every commit waits for the disk once, however much it carries. So under load many batches share that wait, and with
nothing else to do each batch is committed at once. Work that nobody waits for (`urgent=False`) keeps out of the way of
what somebody does: it gathers for `LINGER_SECONDS` and is then committed together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from claudios.protocol.errors import Unavailable

T = TypeVar("T")

MAX_WAITING_BYTES = 32 * 1024 * 1024
MAX_GROUP_BYTES = 8 * 1024 * 1024
MAX_GROUP = 256
LINGER_SECONDS = 0.03
_LEAST_BYTES = 1024  # what small work is counted as, so that its number is bounded too


class Writer(Protocol):
    """What runs one transaction."""

    async def write(self, work: Callable[[Connection], T]) -> T: ...


class GroupCommit:
    """Runs works in order, many to a transaction; what is not urgent keeps its own order. A work that raises is rolled
    back alone.

    A work may run more than once, so it changes nothing but the database.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        # Both together bounded by MAX_WAITING_BYTES; when full, `room` waits.
        self._urgent: deque[_Entry] = deque()
        self._lingering: deque[_Entry] = deque()
        self._waiting_bytes = 0
        self._room = asyncio.Event()
        self._wake = asyncio.Event()
        self._linger: asyncio.TimerHandle | None = None

    async def room(self, size: int = 0) -> None:
        """Wait until `size` more bytes may be submitted."""
        while self._waiting_bytes and self._waiting_bytes + size > MAX_WAITING_BYTES:
            self._room.clear()
            await self._room.wait()

    def submit(self, work: Callable[[Connection], T], *, size: int = 0, urgent: bool = True) -> asyncio.Future[T]:
        """Queue `work`, which holds `size` bytes; the future resolves after the commit. Wait for `room` before."""
        loop = asyncio.get_running_loop()
        entry = _Entry(work, max(size, _LEAST_BYTES), loop.create_future())
        (self._urgent if urgent else self._lingering).append(entry)
        self._waiting_bytes += entry.size
        if urgent:
            self._wake.set()
        elif self._linger is None:
            self._linger = loop.call_later(LINGER_SECONDS, self._lingered)
        return entry.done

    def hurry(self) -> None:
        """Commit at once what nobody waits for: it comes before all that is submitted from now on."""
        if self._linger is not None:
            self._linger.cancel()
            self._lingered()

    async def run(self) -> None:
        """Commit group after group until cancelled. A failing database fails the works, not this loop."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._urgent:
                    await self._commit(self._take())
        finally:
            for entry in (*self._urgent, *self._lingering):
                entry.done.cancel()

    def _lingered(self) -> None:
        """Make urgent what has gathered, behind what waits already: nothing later can pass it."""
        self._linger = None
        self._urgent.extend(self._lingering)
        self._lingering.clear()
        self._wake.set()

    def _take(self) -> list[_Entry]:
        group: list[_Entry] = []
        size = 0
        while self._urgent and len(group) < MAX_GROUP:
            if group and size + self._urgent[0].size > MAX_GROUP_BYTES:
                break
            entry = self._urgent.popleft()
            group.append(entry)
            size += entry.size
        self._waiting_bytes -= size
        self._room.set()
        return group

    async def _commit(self, group: list[_Entry]) -> None:
        try:
            results = await self._writer.write(lambda connection: [entry.work(connection) for entry in group])
        except asyncio.CancelledError:
            for entry in group:
                entry.done.cancel()
            raise
        except Exception as error:  # it belongs to whoever submitted the work
            if len(group) == 1 or isinstance(error, Unavailable):
                for entry in group:
                    entry.fail(error)
                return
            try:
                for entry in group:
                    await self._commit([entry])
            finally:
                for entry in group:
                    entry.done.cancel()  # those that a cancellation kept from their turn; the others are done
            return
        for entry, result in zip(group, results, strict=True):
            entry.succeed(result)


class _Entry:
    """One work that waits for its commit."""

    __slots__ = ("done", "size", "work")

    def __init__(self, work: Callable[[Connection], Any], size: int, done: asyncio.Future[Any]) -> None:
        self.work = work
        self.size = size
        self.done = done

    def succeed(self, result: object) -> None:
        if not self.done.done():
            self.done.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)

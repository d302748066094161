"""The worker that draws screens, seen from the server: started when first needed, and anew after it died.

It draws one screen at a time, in bounded time. Whatever fails in it costs that drawing and nothing else: viewers are
sent the tail of the output instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterable
from dataclasses import dataclass

import structlog

from claudios.server.screens import wire

log = structlog.get_logger(__name__)

DRAW_SECONDS = 10.0
WAIT_SECONDS = 10.0
"""How long a drawing waits while others are made."""
COMMAND = (sys.executable, "-P", "-m", "claudios.server.screens.worker")  # nothing from the working directory
_KEPT = ("PATH", "HOME", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")
"""What the worker has of the server's environment, which may hold secrets."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A screen of this size, as bytes for a new terminal."""

    columns: int
    rows: int
    data: bytes


class Busy(Exception):
    """The worker draws others; this one was not tried."""


class Drawer:
    """One worker process. Close it when done."""

    def __init__(
        self, command: tuple[str, ...] = COMMAND, *, seconds: float = DRAW_SECONDS, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._command = command
        self._seconds = seconds
        self._wait_seconds = wait_seconds
        self.process: Process | None = None
        self._turn = asyncio.Lock()
        self._is_installed = command != COMMAND or importlib.util.find_spec("pyghostty") is not None

    async def draw(self, begun: Drawing, frames: AsyncIterable[bytes]) -> Drawing | None:
        """Return the screen that `begun` becomes by these encoded frames, or None where it cannot be drawn.

        Raises Busy where others are drawn for too long before.
        """
        if not self._is_installed:
            return None
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._turn.acquire()
        except TimeoutError as late:
            raise Busy from late
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._draw(begun, frames)
            except (OSError, EOFError, TimeoutError) as failed:
                log.warning("screen_worker_failed", error=type(failed).__name__)
                await self._end()
                return None
            except BaseException:  # half a request is in the pipe
                await self._end()
                raise
        finally:
            self._turn.release()

    async def close(self) -> None:
        """End the worker."""
        async with self._turn:
            await self._end()

    async def _draw(self, begun: Drawing, frames: AsyncIterable[bytes]) -> Drawing | None:
        process = await self._running()
        requests, answers = process.stdin, process.stdout
        assert requests is not None
        assert answers is not None
        requests.write(wire.begin(begun.columns, begun.rows, begun.data))
        async for piece in frames:
            requests.write(wire.request(wire.FRAMES, piece))
            await requests.drain()
        requests.write(wire.request(wire.DRAW))
        await requests.drain()
        is_drawn, columns, rows, length = wire.ANSWER.unpack(await answers.readexactly(wire.ANSWER.size))
        if length > wire.MAX_DRAWING_BYTES or columns not in wire.SIDES or rows not in wire.SIDES:
            raise EOFError("The worker answered what no drawing is.")
        data = await answers.readexactly(length)
        return Drawing(columns, rows, data) if is_drawn else None

    async def _running(self) -> Process:
        if self.process is None or self.process.returncode is not None:
            environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
            self.process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, env=environment, start_new_session=True
            )
        return self.process

    async def _end(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()  # what it has still written must be read, or its end is never seen

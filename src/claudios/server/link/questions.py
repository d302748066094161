"""What is asked of an agent over one registration and answered at once, or not at all: nothing of it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

from claudios.protocol.errors import TooMany
from claudios.protocol.messages import ListPaths, Paths

MAX_OPEN = 16
ANSWER_SECONDS = 5.0


class Questions:
    """The questions that wait for an answer; at most MAX_OPEN."""

    def __init__(self, send: Callable[[ListPaths], None]) -> None:
        self._send = send
        self._open: dict[str, asyncio.Future[Paths]] = {}

    async def paths(self, directory: str | None, beginning: str, seconds: float = ANSWER_SECONDS) -> Paths | None:
        """Ask for paths; None where no answer comes in time. Raises TooMany."""
        if len(self._open) >= MAX_OPEN:
            raise TooMany("This machine is asked for much already. Try again.", retry_after_seconds=1)
        asked = ListPaths(id=uuid4().hex, directory=directory, beginning=beginning)
        answer: asyncio.Future[Paths] = asyncio.get_running_loop().create_future()
        self._open[asked.id] = answer
        self._send(asked)
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            return None
        finally:
            del self._open[asked.id]

    def answered(self, found: Paths) -> None:
        """Take an answer; one that nobody waits for any more is dropped."""
        waiting = self._open.get(found.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(found)

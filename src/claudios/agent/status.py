"""The status loop: how the machine and its sessions are, every 30 s and soon after a session changes.

Its failure would only make the page stale; a status that could not be measured is skipped, and said in the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from claudios.protocol.messages import Status

EVERY_SECONDS = 30.0
GATHER_SECONDS = 0.05

_log = logging.getLogger(__name__)


class StatusLoop:
    """Post what `measure` returns."""

    def __init__(self, measure: Callable[[], Status], post: Callable[[Status], None]) -> None:
        self._measure = measure
        self._post = post
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Say that a session has changed, or that a new server wants to know."""
        self._changed.set()

    async def run(self) -> None:
        """Post for ever."""
        while True:
            try:
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._changed.wait()
                await asyncio.sleep(GATHER_SECONDS)  # changes seldom come alone
            except TimeoutError:
                pass  # nothing changed, and it is time
            self._changed.clear()
            try:
                self._post(self._measure())
            except OSError as unmeasurable:
                _log.warning("The machine's state cannot be measured: %s", unmeasurable)

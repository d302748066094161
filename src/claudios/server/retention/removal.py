"""The loop that removes projects which were deleted, a piece at a time, so that whoever writes has a turn in between.

A project that cannot be removed keeps no other back, and is tried again later: it is out of sight already. Losing the
loop would lose room on the disk only.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

import structlog

from claudios.protocol.errors import Unavailable
from claudios.server.store import project_removal
from claudios.server.store.transactions import Transactions

log = structlog.get_logger(__name__)


APART_SECONDS = 0.02
AGAIN_SECONDS = 10.0
"""After the first failure; after each further one in a row twice as long, up to EVERY_SECONDS."""
EVERY_SECONDS = 3600.0
"""Another server may have hidden a project and have been stopped."""


class Removal:
    """Removes hidden projects until it is cancelled."""

    def __init__(self, store: Transactions) -> None:
        self._store = store
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look now for projects that are to be removed."""
        self._wake.set()

    async def run(self) -> None:
        """Remove what there is now, then whenever a project was hidden. Ends only by cancellation."""
        failures = 0
        while True:
            self._wake.clear()
            failures += 1
            try:
                if await self._remove_all():
                    failures = 0
            except Unavailable as problem:
                log.warning("project_removal_postponed", problem=problem.message)
            except Exception:  # the rim: the server goes on
                log.exception("project_removal_failed")
            pause = AGAIN_SECONDS * 2 ** min(failures - 1, 10) if failures else EVERY_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(pause, EVERY_SECONDS)):
                    await self._wake.wait()

    async def _remove_all(self) -> bool:
        """Remove each hidden project; say whether none failed."""
        failed: list[str] = []
        while (project_id := await self._store.read(partial(project_removal.next_hidden, but=failed))) is not None:
            try:
                if await self._store.write(partial(project_removal.remove_piece, project_id=project_id)):
                    log.info("project_removed", project=project_id)
            except Exception:  # the rim: the other projects go on
                log.exception("project_removal_failed", project=project_id)
                failed.append(project_id)
            await asyncio.sleep(APART_SECONDS)
        return not failed

"""What is to be in the log, and what to do while the disk does not take it."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable

from claudios.protocol.frame import Stream
from claudios.shim.spool import SpoolWriter

RETRY_SECONDS = 1.0

Piece = tuple[Stream, bytes]


class Recorder:
    """Write pieces into the spool in order. When the disk refuses, keep the few in hand and try again every second.

    `paused` is called when that begins: the program is then to be read no further, which is all that bounds what is
    kept. `resumed` is called when everything is written.
    """

    def __init__(self, spool: SpoolWriter, paused: Callable[[], None], resumed: Callable[[], None]) -> None:
        self._spool = spool
        self._paused = paused
        self._resumed = resumed
        self._kept: deque[tuple[Piece, ...]] = deque()
        self._retry_due: float | None = None

    @property
    def seq(self) -> int:
        return self._spool.seq

    @property
    def is_paused(self) -> bool:
        return self._retry_due is not None

    @property
    def due(self) -> float | None:
        """The monotonic time of the next `take_turn`; None when nothing is left to do."""
        dues = [due for due in (self._spool.sync_due, self._retry_due) if due is not None]
        return min(dues, default=None)

    def record(self, *pieces: Piece) -> None:
        """Write pieces into one segment, now or once the disk takes them."""
        if not self.try_record(*pieces):
            self._kept.append(pieces)

    def try_record(self, *pieces: Piece) -> bool:
        """Write pieces into one segment if the disk takes them now; return whether it does."""
        if self.is_paused:
            return False
        try:
            self._spool.append(pieces)
        except OSError as problem:
            os.write(2, f"The spool takes nothing: {problem}. Free some space; reading goes on then.\n".encode())
            self._retry_due = time.monotonic() + RETRY_SECONDS
            self._paused()
            return False
        return True

    def take_turn(self, now: float) -> None:
        """Do what is due: write what was kept, bring what was written onto the disk."""
        if self._retry_due is not None and now >= self._retry_due:
            self._retry(now)
        if self._spool.sync_due is not None and now >= self._spool.sync_due:
            self._spool.sync(now)

    def close(self) -> None:
        """Bring everything onto the disk, and wait for that."""
        self._spool.close()

    def _retry(self, now: float) -> None:
        try:
            while self._kept:
                self._spool.append(self._kept[0])
                self._kept.popleft()
        except OSError:
            self._retry_due = now + RETRY_SECONDS
            return
        self._retry_due = None
        self._resumed()

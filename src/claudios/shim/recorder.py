"""What is to be in the log, and what to do while there is no room for it: on the disk, or within the quota.

A disk that refuses is waited for: the program is read no further, and the few pieces in hand are tried again every
second. A program that is not read keeps what it prints in its own memory, so after `patience_seconds` it is read again
and its output dropped. A spool that has reached its quota drops output at once: its last quarter was the time to stop.
What was dropped is summed up in one gap, written once something can be written again; numbering and chain have no hole.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable

from claudios.protocol.frame import Stream
from claudios.shim.gap import Gap
from claudios.shim.quota import Quota, Space
from claudios.shim.spool import SpoolWriter

RETRY_SECONDS = 1.0
REGAINED_BYTES = 1024 * 1024
"""Free space on the disk with which output is recorded again: less would be gone with the next few frames."""

Piece = tuple[Stream, bytes]


class Recorder:
    """Write pieces into the spool in order. `changed` is called whenever `space` is another one.

    Bounded: output is kept only until `changed` says FULL and the program is not read any more, or it is dropped; other
    pieces are few.
    """

    def __init__(
        self, spool: SpoolWriter, quota: Quota, patience_seconds: float, changed: Callable[[Space], None]
    ) -> None:
        self.space = Space.ROOM
        self._spool = spool
        self._quota = quota
        self._patience_seconds = patience_seconds
        self._changed = changed
        self._gap = Gap()
        self._kept: deque[tuple[Piece, ...]] = deque()
        self._refused_at: float | None = None
        self._look_due: float | None = None

    @property
    def seq(self) -> int:
        return self._spool.seq

    @property
    def size(self) -> int:
        """Bytes of the spool on disk, as far as this process knows."""
        return self._spool.size_bytes

    @property
    def is_refused(self) -> bool:
        """Say whether the disk takes nothing, so that something waits to be written."""
        return self._refused_at is not None

    @property
    def due(self) -> float | None:
        """The monotonic time of the next `take_turn`; None when nothing is left to do."""
        dues = [due for due in (self._spool.sync_due, self._look_due) if due is not None]
        return min(dues, default=None)

    def record_output(self, stream: Stream, read: bytes) -> None:
        """Write what the program printed, now or once the disk takes it; or drop it and count it."""
        if self.space is Space.DROPPING:
            self._gap.drop(stream, read)
        else:
            self.record((stream, read))

    def record(self, *pieces: Piece) -> None:
        """Write pieces into one segment, now or once the disk takes them."""
        if not self._append(pieces):
            self._kept.append(pieces)

    def conclude(self, *pieces: Piece) -> None:
        """Write the last pieces into one segment, and before them what was dropped until now."""
        if not self._gap.is_empty:
            pieces = (self._gap.tell("disk_full" if self.is_refused else "spool_full"), *pieces)
        if pieces:
            self.record(*pieces)

    def try_record(self, *pieces: Piece) -> bool:
        """Write pieces into one segment if there is room now; return whether there is."""
        return self.space.takes_input and self._append(pieces)

    def take_turn(self, now: float) -> None:
        """Do what is due: look for room, write what was kept, bring what was written onto the disk."""
        if self._spool.problem is not None and not self.is_refused:
            self._refuse(self._spool.problem)
        if self._look_due is not None and now >= self._look_due:
            self._look(now)
        if self._spool.sync_due is not None and now >= self._spool.sync_due:
            self._spool.sync(now)

    def close(self) -> None:
        """Bring everything onto the disk, and wait for that."""
        self._spool.close()

    def _append(self, pieces: tuple[Piece, ...]) -> bool:
        if self.is_refused:
            return False
        try:
            self._spool.append(pieces)
        except OSError as problem:
            self._refuse(problem)
            return False
        self._enter(self._quota.judge(self._spool.size_bytes, self.space))
        return True

    def _refuse(self, problem: OSError) -> None:
        _say(f"The spool takes nothing: {problem}. Free some space; reading goes on then.\n")
        self._refused_at = time.monotonic()
        self._look_due = self._refused_at + RETRY_SECONDS
        self._enter(Space.DROPPING if self.space is Space.DROPPING else Space.FULL)

    def _look(self, now: float) -> None:
        """See whether there is room again, or no patience left."""
        self._look_due = now + RETRY_SECONDS
        if self._refused_at is not None:
            if not self._takes_what_was_kept():
                if now >= self._refused_at + self._patience_seconds:
                    self._enter(Space.DROPPING)
                return
            self._refused_at = None
        self._spool.measure()
        self._enter(self._quota.judge(self._spool.size_bytes, self.space))
        if self.space is Space.ROOM and not self.is_refused:
            self._look_due = None

    def _takes_what_was_kept(self) -> bool:
        if self.space is Space.DROPPING and self._spool.free_bytes() < REGAINED_BYTES:
            return False
        try:
            self._spool.try_disk()
            while self._kept:
                self._spool.append(self._kept[0])
                self._kept.popleft()
            if not self._gap.is_empty:
                self._kept.append((self._gap.tell("disk_full"),))
                self._spool.append(self._kept[0])
                self._kept.popleft()
        except OSError:
            return False
        return True

    def _enter(self, space: Space) -> None:
        if space is self.space:
            return
        was, self.space = self.space, space
        if space is not Space.ROOM and self._look_due is None:
            self._look_due = time.monotonic() + RETRY_SECONDS
        if was is Space.DROPPING:
            self.conclude()
            if self.space is not space:
                return  # the gap itself changed it, and that was told: what is known here is older
        self._changed(space)


def _say(line: str) -> None:
    """Write into the shim's log, which is on the same disk: there it is said only where there is room for it."""
    try:
        os.write(2, line.encode())
    except OSError:
        return

"""Committed frames of one session that somebody has not taken yet: a bounded queue; what overflows is in the log."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from claudios.server.bus.topics import FramesStored


class Waiting:
    """Frames in the order of their commits, at most `max_bytes`; a single piece may be larger."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pieces: deque[FramesStored] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._pieces)

    def offer(self, stored: FramesStored) -> bool:
        """Add frames at the end. Without room everything is dropped, which is what False says: the log has it."""
        if self._pieces and self._bytes + len(stored.frames) > self._max_bytes:
            self.clear()
            return False
        self._pieces.append(stored)
        self._bytes += len(stored.frames)
        return True

    def put_first(self, pieces: Sequence[FramesStored]) -> None:
        """Put what was read from the log in front of what waits."""
        self._pieces.extendleft(reversed(pieces))
        self._bytes += sum(len(piece.frames) for piece in pieces)

    def begins_by(self, seq: int) -> bool:
        """Say whether something waits that leaves no gap before frame `seq`."""
        return bool(self._pieces) and self._pieces[0].first_seq <= seq

    def pop(self) -> FramesStored:
        """Take the first piece."""
        piece = self._pieces.popleft()
        self._bytes -= len(piece.frames)
        return piece

    def clear(self) -> None:
        """Drop everything."""
        self._pieces.clear()
        self._bytes = 0

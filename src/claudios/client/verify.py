"""Check a session's log on this side: recompute the chain over its frames, and compare with what the server says."""

from __future__ import annotations

from dataclasses import replace

from claudios.client.shapes import Verification
from claudios.protocol.errors import FrameInvalid
from claudios.protocol.frame import locate
from claudios.protocol.signing import GENESIS, advance


class RecordCheck:
    """Walk encoded frames, in pieces of any size, and keep the chain head and the first frame that is wrong."""

    def __init__(self) -> None:
        self._head = GENESIS
        self._seq = 0
        self._rest = b""
        self._bad: tuple[int, str] | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the log."""
        if self._bad is not None:
            return
        buffer = memoryview(self._rest + piece)
        end = 0
        try:
            for found in locate(buffer):
                if found.seq != self._seq + 1:
                    self._bad = (self._seq + 1, f"frame {found.seq} stands where {self._seq + 1} belongs")
                    return
                self._head = advance(self._head, buffer[found.start : found.end])
                self._seq, end = found.seq, found.end
        except FrameInvalid as invalid:
            self._bad = (self._seq + 1, invalid.message)
        self._rest = bytes(buffer[end:])

    def result(self, told: Verification) -> Verification:
        """Return what the server told, or what contradicts it here."""
        if not told.verified:
            return told
        bad = self._bad
        if bad is None and self._rest:
            bad = (self._seq + 1, "the last frame is cut")
        if bad is None and self._seq < told.frames:
            bad = (self._seq + 1, f"the log ends at frame {self._seq}, and the server counts {told.frames}")
        if bad is None and self._seq == told.frames and told.head not in (None, self._head.hex()):
            bad = (self._seq, "the chain over the frames ends in another head than the server's")
        if bad is None:
            return replace(told, head=told.head or self._head.hex())
        return replace(told, verified=False, first_bad_seq=bad[0], problem=bad[1])

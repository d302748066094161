"""How much output may be on its way without an acknowledgement. Pure: the caller says what time it is.

A link that is slow must not be filled: a message of a megabyte at 8 KB/s would block the keepalive for two minutes.
So the window opens while acknowledgements come quickly, and closes when they take seconds.
"""

from __future__ import annotations

from claudios.protocol.codec import BATCH_OVERHEAD_BYTES

FIRST_BYTES = 64 * 1024
LEAST_BYTES = 16 * 1024
QUICK_SECONDS = 0.25
SLOW_SECONDS = 2.0


class Window:
    """Bytes that may still be sent, between LEAST_BYTES and what the server allows."""

    def __init__(self) -> None:
        self.size = FIRST_BYTES
        self.used = 0
        self._largest = FIRST_BYTES

    @property
    def free(self) -> int:
        """Bytes that may be sent now; never less than LEAST_BYTES while nothing is on its way."""
        return max(0, self.size - self.used) if self.used else max(self.size, LEAST_BYTES)

    def open(self, largest: int) -> None:
        """Begin a registration whose server takes `largest` bytes; what was learnt of the path is kept."""
        self._largest = max(largest, LEAST_BYTES)
        self.size = min(self.size, self._largest)
        self.used = 0

    def sent(self, size: int) -> None:
        """Count a batch of `size` bytes of frames."""
        self.used += size + BATCH_OVERHEAD_BYTES

    def returned(self, size: int, after_seconds: float) -> None:
        """Give back an acknowledged batch, and learn from how long that took."""
        was_full = self.used * 2 >= self.size
        self.forget(size)
        if after_seconds > SLOW_SECONDS:
            self.size = max(LEAST_BYTES, self.size // 2)
        elif after_seconds < QUICK_SECONDS and was_full:
            self.size = min(self._largest, self.size * 2)

    def forget(self, size: int) -> None:
        """Give back a batch that will be sent again."""
        self.used = max(0, self.used - size - BATCH_OVERHEAD_BYTES)

    def lost(self) -> None:
        """Take note that the link broke under what was on its way: it may have been too much."""
        if self.used * 2 >= self.size:
            self.size = max(LEAST_BYTES, self.size // 2)
        self.used = 0

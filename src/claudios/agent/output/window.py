"""How much output may be on its way without an acknowledgement. Pure: the caller says what time it is.

A link that is slow must not be filled: a message of a megabyte at 8 KB/s would block the keepalive for two minutes.
So the window opens while acknowledgements come quickly, and closes when they take seconds.

What it counts is bytes on the wire, for those are what a slow link is slow with: its size says the same of the link
whether batches are compressed or not. A batch counts for at least a quarter of what it expands to, so that a window
full of what compressed well holds no more than four times its size when what comes next does not. The server's bound,
on what it must hold, is kept in expanded bytes.
"""

from __future__ import annotations

FIRST_BYTES = 64 * 1024
LEAST_BYTES = 16 * 1024
QUICK_SECONDS = 0.25
SLOW_SECONDS = 2.0
MOST_SHRUNK = 4
"""A batch counts as compressed to this part of itself at the best."""
SLOW_LINK_BYTES = 1024 * 1024
"""A link that takes a window of more than this quickly is fast: compressing would hold it up."""


class Window:
    """Bytes that may still be sent, between LEAST_BYTES and what the server allows."""

    def __init__(self) -> None:
        self.size = FIRST_BYTES
        self.used = 0
        self.is_slow = False
        """Whether a full window last took its time to come back, so that compressing pays."""
        self._expanded = 0
        self._largest = FIRST_BYTES
        self._shrunk = 1.0

    @property
    def free(self) -> int:
        """Bytes that may be sent now, before they are compressed; never less than LEAST_BYTES while nothing is on its
        way.
        """
        room = self.size - self.used if self.used else max(self.size, LEAST_BYTES)
        return max(0, min(int(room * self._shrunk), self._largest - self._expanded))

    def open(self, largest: int) -> None:
        """Begin a registration whose server takes `largest` bytes; what was learnt of the path is kept."""
        self._largest = max(largest, LEAST_BYTES)
        self.size = min(self.size, self._largest)
        self._empty()

    def sent(self, wire_bytes: int, expanded_bytes: int) -> None:
        """Count a batch, and expect the next one to be compressed as far."""
        self.used += _counted(wire_bytes, expanded_bytes)
        self._expanded += expanded_bytes
        self._shrunk = min(MOST_SHRUNK, expanded_bytes / wire_bytes)

    def returned(self, wire_bytes: int, expanded_bytes: int, after_seconds: float) -> None:
        """Give back an acknowledged batch, and learn from how long that took."""
        was_full = self.used * 2 >= self.size
        self.forget(wire_bytes, expanded_bytes)
        if after_seconds > SLOW_SECONDS:
            self.size = max(LEAST_BYTES, self.size // 2)
        elif after_seconds < QUICK_SECONDS and was_full:
            self.size = min(self._largest, self.size * 2)
        if self.size > SLOW_LINK_BYTES:
            self.is_slow = False
        elif was_full and after_seconds >= QUICK_SECONDS:
            self.is_slow = True

    def forget(self, wire_bytes: int, expanded_bytes: int) -> None:
        """Give back a batch that will be sent again."""
        self.used = max(0, self.used - _counted(wire_bytes, expanded_bytes))
        self._expanded = max(0, self._expanded - expanded_bytes)

    def lost(self) -> None:
        """Take note that the link broke under what was on its way: it may have been too much."""
        if self.used * 2 >= self.size:
            self.size = max(LEAST_BYTES, self.size // 2)
        self._empty()

    def _empty(self) -> None:
        self.used = self._expanded = 0
        self._shrunk = 1.0


def _counted(wire_bytes: int, expanded_bytes: int) -> int:
    return max(wire_bytes, expanded_bytes // MOST_SHRUNK)

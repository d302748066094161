"""The server's time, kept by the monotonic clock: a wall clock set wrong or changed expires nothing."""

from __future__ import annotations

import time
from collections.abc import Callable


class ServerClock:
    """Unix milliseconds as the server counts them, known from the first Welcome on."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._offset_ms: float | None = None

    def set(self, server_time_ms: int) -> None:
        """Take over what the server says the time is now."""
        self._offset_ms = server_time_ms - self._monotonic() * 1000

    def now_ms(self) -> int | None:
        """Return the server's time, or None while it has never been heard."""
        return None if self._offset_ms is None else int(self._offset_ms + self._monotonic() * 1000)

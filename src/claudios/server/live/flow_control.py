"""How far output may run ahead of a viewer that takes whatever comes and draws it later, as a browser does."""

from __future__ import annotations

import asyncio


class FlowControl:
    """Counts bytes sent and bytes shown. With no limit there is always room: the connection alone holds output back."""

    def __init__(self, most_bytes_ahead: int | None) -> None:
        self._most = most_bytes_ahead
        self._sent = 0
        self._shown = 0
        self._moved = asyncio.Event()

    def sent(self, count: int) -> None:
        """Count a message of so many bytes."""
        self._sent += count

    def shown(self, total: int) -> None:
        """Take the viewer's word for how much it has shown, all in all; it has shown no more than it was sent."""
        self._shown = max(self._shown, min(total, self._sent))
        self._moved.set()

    async def room(self) -> None:
        """Wait until the viewer is less than the limit behind."""
        while self._most is not None and self._sent - self._shown >= self._most:
            self._moved.clear()
            await self._moved.wait()

"""Who waits to be let into a room: viewers who subscribe, and those who want everything kept first."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from claudios.protocol.errors import NotFound
from claudios.server.live.patches import Patch

Read = Callable[[Connection], Any]


class Viewer(Protocol):
    """Who is shown a session."""

    def show(self, shown: Patch) -> None:
        """Take a patch. Must not block."""

    def lose(self, session_id: str) -> None:
        """Take that the patches have broken off: begin anew from your position."""


@dataclass(eq=False, slots=True)
class Guest:
    """A viewer with what it wants read first and what that is given to; or nobody, who only wants to be told."""

    viewer: Viewer | None
    read: Read | None
    begin: Callable[[Any, int], None] | None
    is_in: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def refuse(self, why: Exception) -> None:
        """Send the guest away, if it still waits."""
        if not self.is_in.done():
            self.is_in.set_exception(why)


class Door:
    """Guests in the order they came: one for each viewer socket that subscribes now."""

    def __init__(self) -> None:
        self._guests: deque[Guest] = deque()

    def __len__(self) -> int:
        return len(self._guests)

    def knock(self, guest: Guest) -> None:
        """Add a guest; its `is_in` tells how it goes."""
        self._guests.append(guest)

    def leave(self, viewer: Viewer) -> None:
        """Send a viewer away who has changed its mind, or may not come in any more, also while its reading goes on."""
        for guest in self._guests:
            if guest.viewer is viewer:
                guest.refuse(NotFound())

    async def let_in(
        self, read: Callable[[Read], Awaitable[Any]], position: int, attach: Callable[[Viewer], None]
    ) -> None:
        """Let everybody in, one after the other: read, begin, attach, without a pause between the last two.

        What a guest's own reading refuses is that guest's alone.
        """
        while self._guests:
            guest, found = self._guests[0], None
            if guest.read is not None and not guest.is_in.done():
                try:
                    found = await read(guest.read)
                except NotFound as refusal:
                    guest.refuse(refusal)
            self._guests.popleft()
            if guest.is_in.done():  # hung up or sent away meanwhile
                continue
            if guest.viewer is not None and guest.begin is not None:
                guest.begin(found, position)
                attach(guest.viewer)
            guest.is_in.set_result(None)

    def refuse_all(self, why: Exception) -> None:
        """Send everybody away."""
        while self._guests:
            self._guests.popleft().refuse(why)

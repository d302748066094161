"""Whether somebody may still see the session that they hold a socket open for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy import Connection
from starlette.requests import HTTPConnection

from claudios.protocol.errors import NotFound, NotSignedIn
from claudios.server.bus.topics import ACCESS
from claudios.server.store import sessions
from claudios.server.store.projects import Role
from claudios.server.store.sessions import Place
from claudios.server.web.auth import Caller, require_role, signed_in
from claudios.server.web.parts import Parts


class SessionRights:
    """The caller's rights on a session: asked at first, and again whenever rights have changed since."""

    def __init__(self, parts: Parts, connection: HTTPConnection, session_id: str) -> None:
        self.caller: Caller | None = None
        self.role = Role.VIEWER
        self._parts = parts
        self._connection = connection
        self._session_id = session_id
        self._changed = asyncio.Event()
        self.close = parts.bus.subscribe(ACCESS, self._heard)

    async def require(self) -> Place:
        """Return where the session belongs; `caller` and `role` are known then.

        Raises NotSignedIn, NotFound, Unavailable.
        """
        self.caller = caller = await signed_in(self._connection)

        def look(connection: Connection) -> tuple[Place, Role]:
            place = sessions.place(connection, self._session_id)
            if place is None:
                raise NotFound
            return place, require_role(connection, caller, place.project_id, Role.VIEWER)

        place, self.role = await self._parts.store.read(look)
        return place

    async def until_refused(self, looked: Callable[[], None] = lambda: None) -> None:
        """Return once the caller may no longer see the session. `looked` is called each time they still may."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self.require()
            except (NotFound, NotSignedIn):
                return
            looked()

    def _heard(self, user_id: str | None) -> None:
        if user_id is None or self.caller is None or self.caller.user_id == user_id:
            self._changed.set()

"""Who is asking: the cookie or bearer of a request, and what that person may do in a project."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from fastapi import Depends
from sqlalchemy import Connection, select
from starlette.requests import HTTPConnection

from claudios.protocol.errors import Forbidden, NotFound, NotSignedIn
from claudios.server.store.tables import members


class Role(StrEnum):
    """What a member may do: viewers read, operators also steer sessions, owners also manage agents and members."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    OWNER = "owner"

    def covers(self, needed: Role) -> bool:
        """Say whether this role includes `needed`."""
        return _RANK[self] >= _RANK[needed]


_RANK = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.OWNER: 2}


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person. `is_owner` means owner of the server, which by itself opens no project."""

    user_id: str
    username: str
    is_owner: bool
    by: Literal["login", "token"]


async def signed_in(connection: HTTPConnection) -> Caller:
    """Return who sends this request or opens this WebSocket.

    A dependency of routes, and called directly (before `accept`) by raw ASGI and WebSocket routes. Raises NotSignedIn,
    and Forbidden when a cookie comes from another origin with an unsafe method or an upgrade.
    """
    raise NotSignedIn


SignedIn = Annotated[Caller, Depends(signed_in)]


def require_role(connection: Connection, caller: Caller, project_id: str, needed: Role) -> Role:
    """Return the caller's role in the project. Raises NotFound for a stranger, Forbidden for a role below `needed`."""
    found = connection.execute(
        select(members.c.role).where(members.c.project_id == project_id, members.c.user_id == caller.user_id)
    ).scalar()
    if found is None:
        raise NotFound
    role = Role(found)
    if not role.covers(needed):
        raise Forbidden
    return role

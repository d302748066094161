"""Links by which somebody without an account reads one transcript, for a while."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, Join, and_, delete, insert, select

from claudios.protocol.errors import Expired, NotFound
from claudios.protocol.fields import Model
from claudios.protocol.ids import new_id, secret_hash
from claudios.server.store.projects import Role
from claudios.server.store.tables import members, sessions, shares, users

DAY_MS = 24 * 60 * 60 * 1000
SHARE_GONE = "This link was withdrawn, or is too old. Ask for a new one."


class Share(Model):
    """A link that works until `expires_ms`, while who made it owns the project."""

    id: str
    created_by: str
    created_ms: int
    expires_ms: int


def create(connection: Connection, session_id: str, user_id: str, days: int, now_ms: int) -> tuple[str, Share]:
    """Return the code of a new link, which nobody is shown again, and the link."""
    code, share_id = secrets.token_urlsafe(32), new_id("shr")
    connection.execute(
        insert(shares),
        {
            "id": share_id,
            "secret_hash": secret_hash(code),
            "session_id": session_id,
            "created_by": user_id,
            "created_ms": now_ms,
            "expires_ms": now_ms + days * DAY_MS,
        },
    )
    made = [one for one in of_session(connection, session_id, now_ms) if one.id == share_id]
    return code, made[0]


def of_session(connection: Connection, session_id: str, now_ms: int) -> list[Share]:
    """Return a session's links that still work, newest first."""
    rows = connection.execute(
        select(shares.c.id, users.c.username.label("created_by"), shares.c.created_ms, shares.c.expires_ms)
        .select_from(_working())
        .join(users, users.c.id == shares.c.created_by)
        .where(shares.c.session_id == session_id, shares.c.expires_ms > now_ms)
        .order_by(shares.c.created_ms.desc(), shares.c.id)
    ).mappings()
    return [Share.model_validate(dict(row)) for row in rows]


def withdraw(connection: Connection, session_id: str, share_id: str) -> None:
    """Delete a link. Raises NotFound."""
    gone = connection.execute(delete(shares).where(shares.c.id == share_id, shares.c.session_id == session_id))
    if gone.rowcount == 0:
        raise NotFound


def opened(connection: Connection, code: str, now_ms: int) -> tuple[str, int]:
    """Return the session that a code opens, and until when. Raises Expired, whatever is wrong with it."""
    row = connection.execute(
        select(shares.c.session_id, shares.c.expires_ms)
        .select_from(_working())
        .where(shares.c.secret_hash == secret_hash(code), shares.c.expires_ms > now_ms)
    ).first()
    if row is None:
        raise Expired(SHARE_GONE)
    return row.session_id, row.expires_ms


_IS_OWNER = and_(
    members.c.project_id == sessions.c.project_id,
    members.c.user_id == shares.c.created_by,
    members.c.role == Role.OWNER.value,
)


def _working() -> Join:
    """What a link is read with: a link of somebody who is no owner any more does not work."""
    return shares.join(sessions, sessions.c.id == shares.c.session_id).join(members, _IS_OWNER)

"""Who has which session before them: what one looks at needs no notification."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from claudios.server.store.tables import looks

LASTS_MS = 60_000
"""How long a look counts unless it is renewed: a server that dies renews nothing."""


def put(connection: Connection, look_id: str, user_id: str, session_id: str, now_ms: int) -> None:
    """Note, or renew, that this window of the person shows the session."""
    take(connection, look_id)
    connection.execute(delete(looks).where(looks.c.expires_ms <= now_ms))
    connection.execute(
        insert(looks).values(id=look_id, user_id=user_id, session_id=session_id, expires_ms=now_ms + LASTS_MS)
    )


def take(connection: Connection, look_id: str) -> None:
    """Note that this window shows it no more."""
    connection.execute(delete(looks).where(looks.c.id == look_id))


def is_looking(connection: Connection, user_id: str, session_id: str, now_ms: int) -> bool:
    """Say whether the person has the session before them, on any device."""
    found = connection.execute(
        select(looks.c.id).where(
            looks.c.user_id == user_id, looks.c.session_id == session_id, looks.c.expires_ms > now_ms
        )
    ).first()
    return found is not None

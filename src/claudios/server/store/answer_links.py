"""Links that answer one request, once: 256 random bits each, kept as their hash, and gone when they are used."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, insert, select

from claudios.protocol.errors import Expired
from claudios.protocol.ids import secret_hash
from claudios.server.store.tables import answer_links, users

LASTS_MS = 60 * 60 * 1000
LINK_GONE = "This link was used already, or is too old. Open the session and answer there."

Behavior = Literal["allow", "deny"]


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """What a link answers, and in whose name."""

    user_id: str
    username: str
    session_id: str
    request_id: str
    behavior: Behavior


def make(
    connection: Connection, user_id: str, session_id: str, request_id: str, behavior: Behavior, now_ms: int
) -> str:
    """Return the secret of a new link."""
    connection.execute(delete(answer_links).where(answer_links.c.expires_ms <= now_ms))
    secret = secrets.token_urlsafe(32)
    connection.execute(
        insert(answer_links).values(
            secret_hash=secret_hash(secret),
            user_id=user_id,
            session_id=session_id,
            request_id=request_id,
            behavior=behavior,
            expires_ms=now_ms + LASTS_MS,
        )
    )
    return secret


def use(connection: Connection, secret: str, now_ms: int) -> AnswerLink:
    """Use a link up, and return what it answers. Raises Expired."""
    row = connection.execute(
        delete(answer_links)
        .where(answer_links.c.secret_hash == secret_hash(secret))
        .returning(
            answer_links.c.user_id,
            answer_links.c.session_id,
            answer_links.c.request_id,
            answer_links.c.behavior,
            answer_links.c.expires_ms,
        )
    ).first()
    if row is None or row.expires_ms <= now_ms:
        raise Expired(LINK_GONE)
    username = connection.execute(select(users.c.username).where(users.c.id == row.user_id)).scalar_one()
    behavior: Behavior = "allow" if row.behavior == "allow" else "deny"
    return AnswerLink(row.user_id, username, row.session_id, row.request_id, behavior)

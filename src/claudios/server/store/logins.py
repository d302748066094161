"""The devices somebody is signed in on, as they see them. An id names a login without telling what it is kept by."""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import Connection, delete, select

from claudios.protocol.errors import NotFound
from claudios.protocol.fields import Model
from claudios.server.store.tables import logins


class Login(Model):
    """A browser somebody is signed in with. `device` is how it describes itself; `is_this` is the one that asks."""

    id: str
    device: str | None
    address: str | None
    created_ms: int
    used_ms: int
    is_this: bool


def of_user(connection: Connection, user_id: str, asking: bytes, now_ms: int) -> list[Login]:
    """Return where the person is signed in, the login used last first. `asking` is the hash of the one that asks."""
    found = connection.execute(
        select(logins)
        .where(logins.c.user_id == user_id, logins.c.expires_ms > now_ms)
        .order_by(logins.c.used_ms.desc(), logins.c.secret_hash)
    )
    return [
        Login(
            id=_id(row.secret_hash),
            device=row.device,
            address=row.address,
            created_ms=row.created_ms,
            used_ms=row.used_ms,
            is_this=hmac.compare_digest(row.secret_hash, asking),
        )
        for row in found
    ]


def end(connection: Connection, user_id: str, login_id: str) -> str | None:
    """Sign the person out of one browser; return how that described itself. Raises NotFound for none of theirs."""
    mine = connection.execute(select(logins.c.secret_hash, logins.c.device).where(logins.c.user_id == user_id)).all()
    for row in mine:
        if _id(row.secret_hash) == login_id:
            connection.execute(delete(logins).where(logins.c.secret_hash == row.secret_hash))
            device: str | None = row.device
            return device
    raise NotFound


def _id(hashed: bytes) -> str:
    return "lgn_" + hashlib.sha256(b"claudios login id" + hashed).hexdigest()[:32]

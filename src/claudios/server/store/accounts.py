"""Accounts, and the ways to be signed in: logins (a browser's cookie) and single-use sign-in links."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from claudios.protocol.errors import Conflict, Expired, NotFound
from claudios.protocol.fields import Model
from claudios.protocol.ids import new_id, secret_hash
from claudios.server.store.tables import logins, sign_in_links, users

DAY_MS = 24 * 60 * 60 * 1000
MAX_DEVICE = 300
LOGIN_MS = 30 * DAY_MS
"""A login ends when it has not been used for this long."""
SIGN_IN_LINK_MS = 15 * 60 * 1000
CODE_MS = 60 * 1000
"""How long a code holds that one device shows to sign another one in."""
LINK_GONE = (
    "This sign-in link was used already, or is too old. Show a fresh code on a device that is signed in, "
    "or run `make up` or `claudios up` again for a fresh link."
)


class User(Model):
    """A person's account."""

    id: str
    username: str
    is_owner: bool
    has_password: bool
    created_ms: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What a password is checked against."""

    user: User
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a login or an API token, and when it was last used and ends."""

    user: User
    used_ms: int | None
    expires_ms: int | None


_USER = (
    users.c.id,
    users.c.username,
    users.c.is_owner,
    users.c.password_hash.is_not(None).label("has_password"),
    users.c.created_ms,
)


def username_key(username: str) -> str:
    """Return the form under which a username is looked up: names that look alike are the same."""
    return unicodedata.normalize("NFKC", username).casefold()


def has_any(connection: Connection) -> bool:
    """Say whether there is an account yet."""
    return bool(connection.execute(select(exists(select(users.c.id)))).scalar())


def create(connection: Connection, username: str, password_hash: str | None, now_ms: int) -> User:
    """Make an account; the first one owns the server. Raises Conflict when the name is taken."""
    user_id, is_owner = new_id("usr"), not has_any(connection)
    try:
        connection.execute(
            insert(users),
            {
                "id": user_id,
                "username": username,
                "username_key": username_key(username),
                "password_hash": password_hash,
                "is_owner": is_owner,
                "created_ms": now_ms,
            },
        )
    except IntegrityError as taken:
        raise Conflict(f"The username {username} is taken. Choose another.") from taken
    return get(connection, user_id)


def get(connection: Connection, user_id: str) -> User:
    """Return an account. Raises NotFound."""
    row = connection.execute(select(*_USER).where(users.c.id == user_id)).mappings().first()
    if row is None:
        raise NotFound
    return User.model_validate(dict(row))


def by_username(connection: Connection, username: str) -> Proof | None:
    """Return the account of that name with its password's hash, or None."""
    return _proof(connection, users.c.username_key == username_key(username))


def proof_of(connection: Connection, user_id: str) -> Proof | None:
    """Return the account with its password's hash, or None."""
    return _proof(connection, users.c.id == user_id)


def owner(connection: Connection) -> User | None:
    """Return the server's owner, or None while there is no account."""
    user_id = connection.execute(
        select(users.c.id).where(users.c.is_owner).order_by(users.c.created_ms).limit(1)
    ).scalar()
    return None if user_id is None else get(connection, user_id)


def change(connection: Connection, user_id: str, *, username: str | None, password_hash: str | None) -> User:
    """Change name or password. Raises Conflict when the name is taken."""
    values: dict[str, str] = {}
    if username is not None:
        values |= {"username": username, "username_key": username_key(username)}
    if password_hash is not None:
        values["password_hash"] = password_hash
    if values:
        try:
            connection.execute(update(users).where(users.c.id == user_id).values(values))
        except IntegrityError as taken:
            raise Conflict(f"The username {username} is taken. Choose another.") from taken
    return get(connection, user_id)


def start_login(
    connection: Connection, user_id: str, now_ms: int, *, device: str | None = None, address: str | None = None
) -> str:
    """Sign the user in and return the login's secret, of which only the hash is kept.

    `device` is how the browser describes itself, `address` where it is.
    """
    secret = secrets.token_urlsafe(32)
    connection.execute(delete(logins).where(logins.c.expires_ms <= now_ms))
    connection.execute(
        insert(logins),
        {
            "secret_hash": secret_hash(secret),
            "user_id": user_id,
            "created_ms": now_ms,
            "used_ms": now_ms,
            "expires_ms": now_ms + LOGIN_MS,
            "device": device and device[:MAX_DEVICE].replace("\0", " "),
            "address": address,
        },
    )
    return secret


def login_holder(connection: Connection, hashed: bytes, now_ms: int) -> Holder | None:
    """Return who is signed in by the login, or None when it is unknown or over."""
    row = connection.execute(
        select(*_USER, logins.c.used_ms, logins.c.expires_ms)
        .join(logins, logins.c.user_id == users.c.id)
        .where(logins.c.secret_hash == hashed, logins.c.expires_ms > now_ms)
    ).mappings()
    found = row.first()
    return None if found is None else Holder(User.model_validate(dict(found)), found["used_ms"], found["expires_ms"])


def touch_login(connection: Connection, hashed: bytes, now_ms: int) -> None:
    """Note that the login was used, which puts off its end."""
    connection.execute(
        update(logins).where(logins.c.secret_hash == hashed).values(used_ms=now_ms, expires_ms=now_ms + LOGIN_MS)
    )


def end_login(connection: Connection, hashed: bytes) -> None:
    """Sign one browser out."""
    connection.execute(delete(logins).where(logins.c.secret_hash == hashed))


def end_other_logins(connection: Connection, user_id: str, kept: bytes | None) -> None:
    """Sign the user out everywhere but in the login `kept`."""
    connection.execute(delete(logins).where(logins.c.user_id == user_id, logins.c.secret_hash != (kept or b"")))


def create_sign_in_link(connection: Connection, user_id: str, now_ms: int, lasts_ms: int = SIGN_IN_LINK_MS) -> str:
    """Return the code of a fresh link that signs the user in once, within `lasts_ms`."""
    code = secrets.token_urlsafe(32)
    connection.execute(delete(sign_in_links).where(sign_in_links.c.expires_ms <= now_ms))
    connection.execute(
        insert(sign_in_links),
        {
            "secret_hash": secret_hash(code),
            "user_id": user_id,
            "created_ms": now_ms,
            "expires_ms": now_ms + lasts_ms,
        },
    )
    return code


def use_sign_in_link(connection: Connection, code: str, now_ms: int) -> User:
    """Use a link up and return whose it was. Raises Expired when it was used, is too old, or never was."""
    row = connection.execute(
        delete(sign_in_links)
        .where(sign_in_links.c.secret_hash == secret_hash(code))
        .returning(sign_in_links.c.user_id, sign_in_links.c.expires_ms)
    ).first()
    if row is None or row.expires_ms <= now_ms:
        raise Expired(LINK_GONE)
    return get(connection, row.user_id)


def _proof(connection: Connection, condition: ColumnElement[bool]) -> Proof | None:
    row = connection.execute(select(*_USER, users.c.password_hash).where(condition)).mappings().first()
    return None if row is None else Proof(User.model_validate(dict(row)), row["password_hash"])

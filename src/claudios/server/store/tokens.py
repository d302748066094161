"""API tokens: what programs sign in with, and the device logins by which `claudios login` gets one."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, delete, func, insert, select, update

from claudios.protocol.errors import Conflict, Expired, NotFound, Pending
from claudios.protocol.fields import Model
from claudios.protocol.ids import API_TOKEN, new_id, new_token, secret_hash
from claudios.server.store.accounts import Holder, User
from claudios.server.store.tables import api_tokens, device_logins, users

MAX_TOKENS = 100
DEVICE_LOGIN_MS = 10 * 60 * 1000
MAX_DEVICE_LOGINS = 1_000
CODE_GONE = "This code was used already, or is too old. Run `claudios login` again."

_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: no words, and nothing to mistake for a digit


class ApiToken(Model):
    """An API token as its owner sees it afterwards."""

    id: str
    name: str
    created_ms: int
    last_used_ms: int | None


class NewApiToken(ApiToken):
    """An API token as it is shown once."""

    token: str


class DeviceLogin(Model):
    """A program that asks to be signed in, as the person who decides sees it."""

    user_code: str
    address: str
    created_ms: int
    expires_ms: int
    approved: bool


def create(connection: Connection, user_id: str, name: str, now_ms: int) -> NewApiToken:
    """Make an API token. Raises Conflict when the user has MAX_TOKENS."""
    count = connection.execute(select(func.count()).where(api_tokens.c.user_id == user_id)).scalar() or 0
    if count >= MAX_TOKENS:
        raise Conflict(f"You have {MAX_TOKENS} API tokens. Revoke one that you do not use.")
    token = new_token(API_TOKEN).text
    values = {"id": new_id("tok"), "name": name, "created_ms": now_ms, "last_used_ms": None}
    connection.execute(insert(api_tokens), {**values, "user_id": user_id, "secret_hash": secret_hash(token)})
    return NewApiToken.model_validate({**values, "token": token})


def of_user(connection: Connection, user_id: str) -> list[ApiToken]:
    """Return the user's tokens, newest first."""
    rows = connection.execute(
        select(api_tokens).where(api_tokens.c.user_id == user_id).order_by(api_tokens.c.created_ms.desc())
    ).mappings()
    return [ApiToken.model_validate(dict(row)) for row in rows]


def revoke(connection: Connection, user_id: str, token_id: str) -> ApiToken:
    """Delete one of the user's tokens. Raises NotFound."""
    row = connection.execute(
        delete(api_tokens)
        .where(api_tokens.c.id == token_id, api_tokens.c.user_id == user_id)
        .returning(api_tokens.c.id, api_tokens.c.name, api_tokens.c.created_ms, api_tokens.c.last_used_ms)
    ).mappings()
    found = row.first()
    if found is None:
        raise NotFound
    return ApiToken.model_validate(dict(found))


def end(connection: Connection, hashed: bytes) -> None:
    """Delete the token itself that asks for it."""
    connection.execute(delete(api_tokens).where(api_tokens.c.secret_hash == hashed))


def holder(connection: Connection, hashed: bytes) -> Holder | None:
    """Return whose API token it is, or None when it is unknown or revoked."""
    row = connection.execute(
        select(
            users.c.id,
            users.c.username,
            users.c.is_owner,
            users.c.password_hash.is_not(None).label("has_password"),
            users.c.created_ms,
            api_tokens.c.last_used_ms,
        )
        .join(api_tokens, api_tokens.c.user_id == users.c.id)
        .where(api_tokens.c.secret_hash == hashed)
    ).mappings()
    found = row.first()
    return None if found is None else Holder(User.model_validate(dict(found)), found["last_used_ms"], None)


def touch(connection: Connection, hashed: bytes, now_ms: int) -> None:
    """Note that the token was used."""
    connection.execute(update(api_tokens).where(api_tokens.c.secret_hash == hashed).values(last_used_ms=now_ms))


def start_device_login(connection: Connection, address: str, now_ms: int) -> tuple[str, DeviceLogin]:
    """Return the secret device code and what a person is shown. Raises Conflict when far too many wait."""
    connection.execute(delete(device_logins).where(device_logins.c.expires_ms <= now_ms))
    if (connection.execute(select(func.count()).select_from(device_logins)).scalar() or 0) >= MAX_DEVICE_LOGINS:
        raise Conflict("Too many programs wait to be signed in. Try again in ten minutes.")
    device_code = secrets.token_urlsafe(32)
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(8))
    values = {
        "user_code": f"{letters[:4]}-{letters[4:]}",
        "address": address,
        "created_ms": now_ms,
        "expires_ms": now_ms + DEVICE_LOGIN_MS,
    }
    connection.execute(insert(device_logins), {**values, "device_hash": secret_hash(device_code)})
    return device_code, DeviceLogin.model_validate({**values, "approved": False})


def device_login(connection: Connection, user_code: str, now_ms: int) -> DeviceLogin:
    """Return a login that waits for a person. Raises Expired."""
    row = connection.execute(
        select(device_logins).where(device_logins.c.user_code == user_code, device_logins.c.expires_ms > now_ms)
    ).mappings()
    found = row.first()
    if found is None:
        raise Expired(CODE_GONE)
    return DeviceLogin.model_validate({**found, "approved": found["user_id"] is not None})


def approve_device_login(connection: Connection, user_id: str, user_code: str, now_ms: int) -> DeviceLogin:
    """Let the program sign in as the user. Raises Expired, or Conflict when somebody approved it already."""
    if device_login(connection, user_code, now_ms).approved:
        raise Conflict("This code is approved already. Look at the program that showed it.")
    connection.execute(update(device_logins).where(device_logins.c.user_code == user_code).values(user_id=user_id))
    return device_login(connection, user_code, now_ms)


def finish_device_login(connection: Connection, device_code: str, now_ms: int) -> tuple[User, NewApiToken]:
    """Turn an approved login into an API token, once. Raises Pending, Expired."""
    hashed = secret_hash(device_code)
    found = connection.execute(
        select(device_logins.c.user_id, device_logins.c.address).where(
            device_logins.c.device_hash == hashed, device_logins.c.expires_ms > now_ms
        )
    ).first()
    if found is None:
        raise Expired(CODE_GONE)
    if found.user_id is None:
        raise Pending
    connection.execute(delete(device_logins).where(device_logins.c.device_hash == hashed))
    token = create(connection, found.user_id, f"claudios login from {found.address}", now_ms)
    owner = holder(connection, secret_hash(token.token))
    assert owner is not None, "the token was made in this transaction"
    return owner.user, token

"""Who holds a cookie or an API token: a small cache before the store, so that most requests cost no read for it.

What is revoked here is forgotten here at once. What another process changes is seen within FRESH_MS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import structlog
from sqlalchemy import Connection

from claudios.protocol.errors import ClaudiosError, NotSignedIn, TokenInvalid
from claudios.protocol.ids import API_TOKEN, parse_token, secret_hash
from claudios.server.store import accounts, tokens
from claudios.server.store.accounts import Holder
from claudios.server.store.engine import Store

log = structlog.get_logger(__name__)

FRESH_MS = 30_000
TOUCH_MS = 60_000
"""How old a credential's time of last use may get before it is written anew."""
MAX_CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person. `is_owner` means owner of the server, which by itself opens no project."""

    user_id: str
    username: str
    is_owner: bool
    by: Literal["login", "token"]
    secret_hash: bytes


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    until_ms: int


class Credentials:
    """Turns the secrets that requests carry into callers."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._known: dict[bytes, _Known] = {}  # bounded by MAX_CACHED; when full, all is read anew
        self._generation = 0
        self._touches: set[asyncio.Task[None]] = set()

    async def of_login(self, secret: str) -> Caller:
        """Return who is signed in by the cookie's secret. Raises NotSignedIn."""
        return await self._caller(secret_hash(secret), "login")

    async def of_token(self, token: str) -> Caller:
        """Return whose API token it is. Raises NotSignedIn."""
        hashed = secret_hash(token)
        if hashed not in self._known:
            try:
                parse_token(token, API_TOKEN)
            except TokenInvalid as invalid:
                raise NotSignedIn from invalid
        return await self._caller(hashed, "token")

    def forget(self) -> None:
        """Read everything anew: a login, a token or an account has changed."""
        self._generation += 1
        self._known.clear()

    async def close(self) -> None:
        """Wait for what is still being written."""
        await asyncio.gather(*self._touches)

    async def _caller(self, hashed: bytes, by: Literal["login", "token"]) -> Caller:
        now, known = self._now_ms(), self._known.get(hashed)
        if known is not None and now < known.until_ms:
            return known.caller
        generation = self._generation
        holder = await self._store.read(lambda connection: _holder(connection, hashed, by, now))
        if holder is None:
            raise NotSignedIn
        user = holder.user
        caller = Caller(user.id, user.username, user.is_owner, by, hashed)
        if generation == self._generation:  # else it may be what was just revoked
            self._remember(caller, min(now + FRESH_MS, holder.expires_ms or now + FRESH_MS))
        if now - (holder.used_ms or 0) > TOUCH_MS:
            task = asyncio.create_task(self._touch(hashed, by, now))
            self._touches.add(task)
            task.add_done_callback(self._touches.discard)
        return caller

    def _remember(self, caller: Caller, until_ms: int) -> None:
        if len(self._known) >= MAX_CACHED:
            self._known.clear()
        self._known[caller.secret_hash] = _Known(caller, until_ms)

    async def _touch(self, hashed: bytes, by: Literal["login", "token"], now: int) -> None:
        touch = accounts.touch_login if by == "login" else tokens.touch
        try:
            await self._store.write(lambda connection: touch(connection, hashed, now))
        except ClaudiosError as error:
            log.warning("last_use_not_noted", error=error.message)


def _holder(connection: Connection, hashed: bytes, by: Literal["login", "token"], now_ms: int) -> Holder | None:
    if by == "token":
        return tokens.holder(connection, hashed)
    return accounts.login_holder(connection, hashed, now_ms)

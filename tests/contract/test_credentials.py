"""The cache before logins and tokens: never slower to forget than the answer that says so."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import event

from claudios.protocol.errors import NotSignedIn
from claudios.server.credentials import FRESH_MS, Credentials
from claudios.server.store import accounts, tokens
from claudios.server.store.engine import Store

NOW = 1_800_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


async def token_of(store: Store) -> tuple[str, str, str]:
    """Return a new user's id, the id of a token of theirs, and the token."""
    user = await store.write(lambda connection: accounts.create(connection, "ada", None, NOW))
    made = await store.write(lambda connection: tokens.create(connection, user.id, "x", NOW))
    return user.id, made.id, made.token


async def test_a_revoked_token_is_refused_from_the_answer_on(store: Store) -> None:
    user_id, token_id, token = await token_of(store)
    credentials = Credentials(store, Clock())
    assert (await credentials.of_token(token)).user_id == user_id
    await store.write(lambda connection: tokens.revoke(connection, user_id, token_id))
    credentials.forget()
    with pytest.raises(NotSignedIn):
        await credentials.of_token(token)
    await credentials.close()


async def test_a_look_up_that_was_on_its_way_while_the_token_was_revoked_is_not_remembered(store: Store) -> None:
    user_id, token_id, token = await token_of(store)
    credentials = Credentials(store, Clock())
    looking = asyncio.ensure_future(credentials.of_token(token))
    await asyncio.sleep(0)  # its read is under way; the revocation overtakes it
    credentials.forget()
    await asyncio.gather(looking, return_exceptions=True)
    await store.write(lambda connection: tokens.revoke(connection, user_id, token_id))
    with pytest.raises(NotSignedIn):
        await credentials.of_token(token)
    await credentials.close()


async def test_what_another_process_revokes_is_refused_before_long(store: Store) -> None:
    user_id, token_id, token = await token_of(store)
    clock = Clock()
    credentials = Credentials(store, clock)
    await credentials.of_token(token)
    await store.write(lambda connection: tokens.revoke(connection, user_id, token_id))
    clock.now += FRESH_MS
    with pytest.raises(NotSignedIn):
        await credentials.of_token(token)
    await credentials.close()


async def test_a_known_token_costs_no_read(store: Store) -> None:
    _, _, token = await token_of(store)
    credentials = Credentials(store, Clock())
    await credentials.of_token(token)
    await credentials.close()
    begun: list[object] = []
    for engine in store.engines:
        event.listen(engine, "begin", begun.append)
    for _ in range(10):
        await credentials.of_token(token)
    assert begun == []


async def test_the_time_of_last_use_is_noted_but_not_at_every_use(store: Store) -> None:
    user_id, _, token = await token_of(store)
    clock = Clock()
    credentials = Credentials(store, clock)
    for _ in range(5):
        clock.now += FRESH_MS
        await credentials.of_token(token)
        await credentials.close()
    listed = await store.read(lambda connection: tokens.of_user(connection, user_id))
    assert listed[0].last_used_ms == NOW + 4 * FRESH_MS


async def test_a_login_that_runs_out_is_refused_at_that_moment_although_it_is_known(store: Store) -> None:
    user = await store.write(lambda connection: accounts.create(connection, "ada", None, NOW))
    secret = await store.write(lambda connection: accounts.start_login(connection, user.id, NOW))
    clock = Clock()
    credentials = Credentials(store, clock)
    clock.now = NOW + accounts.LOGIN_MS - 1
    looked_up = credentials.of_login(secret)
    assert (await looked_up).user_id == user.id
    await credentials.close()
    clock.now += accounts.LOGIN_MS + 1
    with pytest.raises(NotSignedIn):
        await credentials.of_login(secret)

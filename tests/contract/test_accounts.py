"""Accounts, logins, links and tokens, on each database."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import Connection

from claudios.protocol.errors import Conflict, Expired, NotFound, Pending
from claudios.protocol.ids import secret_hash
from claudios.server.store import accounts, logins, tokens
from claudios.server.store.accounts import CODE_MS, LOGIN_MS, SIGN_IN_LINK_MS, User
from claudios.server.store.engine import Store
from claudios.server.store.tokens import DEVICE_LOGIN_MS, MAX_TOKENS

NOW = 1_800_000_000_000


async def person(store: Store, name: str = "ada") -> User:
    return await store.write(lambda connection: accounts.create(connection, name, None, NOW))


async def test_only_the_first_account_owns_the_server(store: Store) -> None:
    assert (await person(store, "ada")).is_owner
    assert not (await person(store, "bob")).is_owner
    found = await store.read(accounts.owner)
    assert found is not None
    assert found.username == "ada"


@pytest.mark.parametrize("alike", ["ADA", "ａｄａ", "Ada"])
async def test_two_people_never_have_names_that_look_alike(store: Store, alike: str) -> None:
    await person(store, "ada")
    with pytest.raises(Conflict, match="taken"):
        await person(store, alike)
    bob = await person(store, "bob")
    with pytest.raises(Conflict, match="taken"):
        await store.write(lambda connection: accounts.change(connection, bob.id, username=alike, password_hash=None))


async def test_a_login_lasts_from_its_last_use_and_only_its_hash_is_kept(store: Store) -> None:
    ada = await person(store)
    secret = await store.write(lambda connection: accounts.start_login(connection, ada.id, NOW))
    hashed = secret_hash(secret)
    later = NOW + LOGIN_MS - 1
    assert await store.read(lambda connection: accounts.login_holder(connection, secret.encode(), NOW)) is None
    held = await store.read(lambda connection: accounts.login_holder(connection, hashed, later))
    assert held is not None
    assert held.user == ada
    assert await store.read(lambda connection: accounts.login_holder(connection, hashed, NOW + LOGIN_MS)) is None
    await store.write(lambda connection: accounts.touch_login(connection, hashed, later))
    assert await store.read(lambda connection: accounts.login_holder(connection, hashed, NOW + LOGIN_MS)) is not None


async def test_a_new_password_ends_all_logins_but_the_one_it_was_set_from(store: Store) -> None:
    ada, bob = await person(store, "ada"), await person(store, "bob")

    logins = [
        secret_hash(await store.write(partial(accounts.start_login, user_id=user.id, now_ms=NOW)))
        for user in (ada, ada, bob)
    ]
    await store.write(lambda connection: accounts.end_other_logins(connection, ada.id, logins[0]))
    left = [
        await store.read(partial(accounts.login_holder, hashed=hashed, now_ms=NOW)) is not None for hashed in logins
    ]
    assert left == [True, False, True]


async def test_a_sign_in_link_works_once(store: Store) -> None:
    ada = await person(store)
    code = await store.write(lambda connection: accounts.create_sign_in_link(connection, ada.id, NOW))
    assert await store.write(lambda connection: accounts.use_sign_in_link(connection, code, NOW + 1)) == ada
    with pytest.raises(Expired):
        await store.write(lambda connection: accounts.use_sign_in_link(connection, code, NOW + 1))


async def test_a_sign_in_link_is_too_old_after_its_time(store: Store) -> None:
    ada = await person(store)
    code = await store.write(lambda connection: accounts.create_sign_in_link(connection, ada.id, NOW))
    with pytest.raises(Expired):
        await store.write(lambda connection: accounts.use_sign_in_link(connection, code, NOW + SIGN_IN_LINK_MS))


async def test_a_code_for_another_device_holds_for_a_minute(store: Store) -> None:
    ada = await person(store)
    make = partial(accounts.create_sign_in_link, user_id=ada.id, now_ms=NOW, lasts_ms=CODE_MS)
    in_time, too_late = await store.write(make), await store.write(make)
    assert await store.write(lambda connection: accounts.use_sign_in_link(connection, in_time, NOW + 59_999)) == ada
    with pytest.raises(Expired):
        await store.write(lambda connection: accounts.use_sign_in_link(connection, too_late, NOW + 60_000))


async def test_a_person_sees_their_own_logins_and_ends_no_others(store: Store) -> None:
    ada, bob = await person(store, "ada"), await person(store, "bob")

    def start(connection: Connection, user_id: str, device: str, now_ms: int) -> bytes:
        return secret_hash(accounts.start_login(connection, user_id, now_ms, device=device, address="127.0.0.1"))

    desk = await store.write(partial(start, user_id=ada.id, device="desk \0" + "x" * 999, now_ms=NOW))
    phone = await store.write(partial(start, user_id=ada.id, device="phone", now_ms=NOW + 1))
    theirs = await store.write(partial(start, user_id=bob.id, device="theirs", now_ms=NOW))
    seen = await store.read(lambda connection: logins.of_user(connection, ada.id, desk, NOW + 2))
    assert [(login.device or "")[:6] for login in seen] == ["phone", "desk  "]
    assert [(login.is_this, login.used_ms) for login in seen] == [(False, NOW + 1), (True, NOW)]
    (other,) = await store.read(lambda connection: logins.of_user(connection, bob.id, theirs, NOW + 2))
    with pytest.raises(NotFound):
        await store.write(lambda connection: logins.end(connection, ada.id, other.id))
    await store.write(lambda connection: logins.end(connection, ada.id, seen[0].id))
    assert await store.read(lambda connection: accounts.login_holder(connection, phone, NOW + 2)) is None
    for kept in (desk, theirs):
        assert await store.read(partial(accounts.login_holder, hashed=kept, now_ms=NOW + 2)) is not None


async def test_an_api_token_is_its_users_until_it_is_revoked(store: Store) -> None:
    ada, bob = await person(store, "ada"), await person(store, "bob")
    theirs = await store.write(lambda connection: tokens.create(connection, bob.id, "phone", NOW))
    made = await store.write(lambda connection: tokens.create(connection, ada.id, "laptop", NOW))
    hashed = secret_hash(made.token)
    held = await store.read(lambda connection: tokens.holder(connection, hashed))
    assert held is not None
    assert (held.user, held.used_ms) == (ada, None)
    await store.write(lambda connection: tokens.touch(connection, hashed, NOW + 5))
    listed = await store.read(lambda connection: tokens.of_user(connection, ada.id))
    assert [(one.id, one.last_used_ms) for one in listed] == [(made.id, NOW + 5)]
    with pytest.raises(NotFound):
        await store.write(lambda connection: tokens.revoke(connection, bob.id, made.id))
    await store.write(lambda connection: tokens.revoke(connection, ada.id, made.id))
    assert await store.read(lambda connection: tokens.holder(connection, hashed)) is None
    kept = await store.read(lambda connection: tokens.holder(connection, secret_hash(theirs.token)))
    assert kept is not None
    assert kept.user == bob


async def test_the_number_of_tokens_is_bounded(store: Store) -> None:
    ada = await person(store)
    for number in range(MAX_TOKENS):
        await store.write(partial(tokens.create, user_id=ada.id, name=f"t{number}", now_ms=NOW))
    with pytest.raises(Conflict, match="Revoke one"):
        await store.write(lambda connection: tokens.create(connection, ada.id, "one more", NOW))


async def test_a_device_gets_its_token_once_somebody_has_approved_it_and_only_once(store: Store) -> None:
    ada = await person(store)
    code, login = await store.write(lambda connection: tokens.start_device_login(connection, "10.0.0.9", NOW))
    with pytest.raises(Pending):
        await store.write(lambda connection: tokens.finish_device_login(connection, code, NOW))
    with pytest.raises(Expired):
        await store.write(lambda connection: tokens.finish_device_login(connection, login.user_code, NOW))
    await store.write(lambda connection: tokens.approve_device_login(connection, ada.id, login.user_code, NOW))
    with pytest.raises(Conflict):
        await store.write(lambda connection: tokens.approve_device_login(connection, ada.id, login.user_code, NOW))
    user, token = await store.write(lambda connection: tokens.finish_device_login(connection, code, NOW))
    assert user == ada
    assert await store.read(lambda connection: tokens.holder(connection, secret_hash(token.token))) is not None
    with pytest.raises(Expired):
        await store.write(lambda connection: tokens.finish_device_login(connection, code, NOW))


async def test_a_device_login_that_nobody_approves_is_over_after_its_time(store: Store) -> None:
    ada = await person(store)
    code, login = await store.write(lambda connection: tokens.start_device_login(connection, "10.0.0.9", NOW))
    late = NOW + DEVICE_LOGIN_MS
    with pytest.raises(Expired):
        await store.write(lambda connection: tokens.approve_device_login(connection, ada.id, login.user_code, late))
    with pytest.raises(Expired):
        await store.write(lambda connection: tokens.finish_device_login(connection, code, late))

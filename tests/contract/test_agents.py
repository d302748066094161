"""Agents and their keys, on each database."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from claudios.protocol.errors import Conflict, NotFound, NotSignedIn, SettingInvalid
from claudios.protocol.ids import AGENT_TOKEN, AgentKeys, agent_keys, parse_token
from claudios.server.keys import ServerKey
from claudios.server.store import accounts, agents, projects, tables
from claudios.server.store.agents import MAX_KEYS, Agent, AgentKey
from claudios.server.store.engine import Store

NOW = 1_800_000_000_000
HOUR_MS = 3_600_000


@pytest.fixture
def key(tmp_path: Path) -> ServerKey:
    return ServerKey.open(tmp_path / "server.key")


@pytest.fixture
async def project_id(store: Store) -> str:
    user = await store.write(lambda connection: accounts.create(connection, "ada", None, NOW))
    return (await store.write(lambda connection: projects.create(connection, user.id, "Home", NOW))).id


async def create(store: Store, key: ServerKey, project_id: str, name: str = "laptop") -> tuple[Agent, AgentKeys, str]:
    agent, token = await store.write(lambda connection: agents.create(connection, key, project_id, name, NOW))
    return agent, agent_keys(parse_token(token, AGENT_TOKEN)), token


async def login(store: Store, keys: AgentKeys, now_ms: int = NOW) -> AgentKey:
    return await store.read(lambda connection: agents.authenticate(connection, keys.auth, now_ms))


async def test_an_agent_is_known_by_its_bearer_and_its_signing_key_is_had_back(
    store: Store, key: ServerKey, project_id: str
) -> None:
    agent, keys, _ = await create(store, key, project_id)
    found = await login(store, keys)
    assert (found.agent_id, found.project_id, found.key_id) == (agent.id, project_id, keys.key_id)
    assert key.decrypt(found.sign_key_encrypted, agent_id=agent.id, key_id=keys.key_id) == keys.sign


async def test_neither_token_nor_keys_are_in_the_database(store: Store, key: ServerKey, project_id: str) -> None:
    _, keys, token = await create(store, key, project_id)
    stored = await store.read(lambda connection: repr(connection.execute(select(tables.agent_keys)).all()).encode())
    secret = parse_token(token, AGENT_TOKEN).secret
    for hidden in (token.encode(), keys.auth.encode(), repr(keys.sign).encode()[2:-1], repr(secret).encode()[2:-1]):
        assert hidden not in stored


async def test_that_a_removed_agent_is_heard_of_is_news_the_first_time_and_then_once_a_day(
    store: Store, key: ServerKey, project_id: str
) -> None:
    """L-15"""
    agent, _, _ = await create(store, key, project_id)
    await store.write(lambda connection: agents.remove(connection, agent.id, NOW))
    day = 24 * HOUR_MS
    for at, is_news in ((NOW + 1, True), (NOW + 2, False), (NOW + day, False), (NOW + day + 2, True)):
        seen = await store.read(partial(agents.is_news_after_removal, agent_id=agent.id, now_ms=at))
        assert seen is is_news
        assert await store.write(partial(agents.heard_after_removal, agent_id=agent.id, now_ms=at)) is is_news


@pytest.mark.parametrize("wrong", ["", "cla", "cla.x.y", "cla.aaaaaaaaaa.zzz", "Bearer x"])
async def test_a_bearer_that_is_not_the_agents_is_refused(
    store: Store, key: ServerKey, project_id: str, wrong: str
) -> None:
    _, keys, _ = await create(store, key, project_id)
    for bearer in (wrong, keys.auth[:-1], f"cla.{keys.key_id}.{'a' * 52}"):
        with pytest.raises(NotSignedIn, match="Create a new one"):
            await store.read(partial(agents.authenticate, bearer=bearer, now_ms=NOW))


async def test_after_a_rotation_the_old_token_holds_for_the_overlap_and_no_longer(
    store: Store, key: ServerKey, project_id: str
) -> None:
    agent, old, _ = await create(store, key, project_id)
    renewed, token, ended = await store.write(lambda connection: agents.rotate(connection, key, agent.id, 3600, NOW))
    new = agent_keys(parse_token(token, AGENT_TOKEN))
    assert ended == frozenset()
    assert {(one.key_id, one.expires_ms) for one in renewed.keys} == {(old.key_id, NOW + HOUR_MS), (new.key_id, None)}
    for keys in (old, new):
        assert (await login(store, keys, NOW + HOUR_MS - 1)).agent_id == agent.id
    with pytest.raises(NotSignedIn):
        await login(store, old, NOW + HOUR_MS)


async def test_a_second_rotation_never_lengthens_the_life_of_an_older_token(
    store: Store, key: ServerKey, project_id: str
) -> None:
    agent, first, _ = await create(store, key, project_id)
    await store.write(lambda connection: agents.rotate(connection, key, agent.id, 60, NOW))
    await store.write(lambda connection: agents.rotate(connection, key, agent.id, 3600, NOW))
    with pytest.raises(NotSignedIn):
        await login(store, first, NOW + 60_000)


async def test_a_rotation_without_overlap_ends_the_old_token_at_once_and_says_so(
    store: Store, key: ServerKey, project_id: str
) -> None:
    agent, old, _ = await create(store, key, project_id)
    _, _, ended = await store.write(lambda connection: agents.rotate(connection, key, agent.id, 0, NOW))
    assert ended == {old.key_id}
    with pytest.raises(NotSignedIn):
        await login(store, old)


async def test_the_tokens_that_overlap_are_bounded(store: Store, key: ServerKey, project_id: str) -> None:
    agent, _, _ = await create(store, key, project_id)
    for _ in range(MAX_KEYS - 1):
        await store.write(lambda connection: agents.rotate(connection, key, agent.id, 3600, NOW))
    with pytest.raises(Conflict):
        await store.write(lambda connection: agents.rotate(connection, key, agent.id, 3600, NOW))


async def test_a_revoked_agent_is_refused_until_it_has_a_new_token(
    store: Store, key: ServerKey, project_id: str
) -> None:
    agent, old, _ = await create(store, key, project_id)
    revoked, ended = await store.write(lambda connection: agents.revoke(connection, agent.id, NOW))
    assert not revoked.keys
    assert ended == {old.key_id}
    with pytest.raises(NotSignedIn):
        await login(store, old)
    _, token, _ = await store.write(lambda connection: agents.rotate(connection, key, agent.id, 3600, NOW))
    assert (await login(store, agent_keys(parse_token(token, AGENT_TOKEN)))).agent_id == agent.id


async def test_a_removed_agent_is_gone_and_its_name_is_free(store: Store, key: ServerKey, project_id: str) -> None:
    agent, keys, _ = await create(store, key, project_id)
    with pytest.raises(Conflict, match="laptop"):
        await create(store, key, project_id)
    await store.write(lambda connection: agents.remove(connection, agent.id, NOW))
    with pytest.raises(NotSignedIn):
        await login(store, keys)
    with pytest.raises(NotFound):
        await store.read(lambda connection: agents.get(connection, agent.id, NOW))
    await create(store, key, project_id)


async def test_another_server_key_does_not_open_the_signing_keys(
    store: Store, key: ServerKey, project_id: str, tmp_path: Path
) -> None:
    _, keys, _ = await create(store, key, project_id)
    found = await login(store, keys)
    other = ServerKey.open(tmp_path / "other.key")
    with pytest.raises(SettingInvalid, match=r"server\.key"):
        other.decrypt(found.sign_key_encrypted, agent_id=found.agent_id, key_id=found.key_id)


async def test_a_signing_key_moved_to_another_agents_row_does_not_open(
    store: Store, key: ServerKey, project_id: str
) -> None:
    _, keys, _ = await create(store, key, project_id)
    other, _, _ = await create(store, key, project_id, "other")
    found = await login(store, keys)
    with pytest.raises(SettingInvalid):
        key.decrypt(found.sign_key_encrypted, agent_id=other.id, key_id=found.key_id)

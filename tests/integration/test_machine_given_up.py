"""A machine that is gone for good: its sessions end, its agent goes, and it can never come back (L-15)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import Connection
from websockets.exceptions import InvalidStatus

from claudios.protocol.errors import Superseded
from claudios.protocol.messages import Ack, EndReason, SessionState
from claudios.server.ingest.verify import Source
from claudios.server.serving import Serving
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import Link, SyntheticAgent, line, new_agent, take
from tests.helpers.viewers import page

pytestmark = pytest.mark.integration

SAID = line({"type": "assistant", "message": {"id": "m1", "content": [{"type": "text", "text": "so far"}]}})


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def agent(server: Serving, owner: Person) -> SyntheticAgent:
    return await new_agent(owner, server.url)


async def start(owner: Person, agent: SyntheticAgent, prompt: str) -> str:
    wanted = {"agent_id": agent.agent_id, "prompt": prompt, "resume": "automatic"}
    session_id: str = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    return session_id


@asynccontextmanager
async def for_the_last_time(owner: Person, agent: SyntheticAgent) -> AsyncIterator[Link]:
    """Connect the agent, and wait at the end until it counts as offline."""
    async with page(owner) as watching:
        await watching.say(type="overview")
        await watching.say(type="ping")
        await watching.expect("pong")
        async with agent.link() as link:
            yield link
        await watching.expect("agent", matching=lambda message: not message["agent"]["online"])


async def audited(owner: Person, action: str) -> list[dict[str, Any]]:
    return [entry for entry in await owner.ask("GET", "/audit") if entry["action"] == action]


async def test_its_sessions_end_as_lost_and_say_who_gave_it_up(owner: Person, agent: SyntheticAgent) -> None:
    """They counted as running for ever, and their agent could not be removed."""
    session_id = await start(owner, agent, "hello")
    async with for_the_last_time(owner, agent) as link:
        await take(link, agent)
        await link.say(agent.output(session_id).batch(link.boot, SAID))
        await link.expect(Ack)
        await owner.ask("POST", f"/agents/{agent.agent_id}/give-up", {}, expect=409)
    waiting = await start(owner, agent, "never begun")
    await owner.ask("DELETE", f"/agents/{agent.agent_id}", expect=409)
    assert await owner.ask("POST", f"/agents/{agent.agent_id}/give-up", {}) == {"sessions": 2}
    for each, state in ((session_id, "unknown"), (waiting, "withdrawn")):
        session = await owner.ask("GET", f"/sessions/{each}")
        assert (session["state"], session["reason"]) == (SessionState.ENDED.value, EndReason.LOST.value)
        assert session["detail"].startswith(f"{owner.user['username']} gave up its machine")
        (asked,) = await owner.ask("GET", f"/sessions/{each}/instructions")
        assert asked["state"] == state
    items = (await owner.ask("GET", f"/sessions/{session_id}/items"))["items"]
    assert any("so far" in str(item["body"]) for item in items)
    (entry,) = await audited(owner, "agent_given_up")
    assert entry["detail"] == f"{agent.agent_id}: 2 sessions ended as lost"
    await owner.ask("DELETE", f"/sessions/{waiting}")


async def test_it_is_refused_should_it_come_back_which_is_written_down_once(
    owner: Person, agent: SyntheticAgent
) -> None:
    session_id = await start(owner, agent, "hello")
    async with for_the_last_time(owner, agent) as link:
        await take(link, agent)
    await owner.ask("POST", f"/agents/{agent.agent_id}/give-up", {})
    for _ in range(2):
        with pytest.raises(InvalidStatus) as refused:
            async with agent.link():
                pass
        assert refused.value.response.status_code == 401
        assert b"never holds again" in refused.value.response.body
    (entry,) = await audited(owner, "agent_refused")
    assert (entry["actor"], entry["target"]) == (agent.agent_id, "bench")
    await owner.ask("POST", f"/agents/{agent.agent_id}/token", {}, expect=404)
    await owner.ask("POST", f"/sessions/{session_id}/resume", {}, expect=404)


async def test_once_that_is_written_down_it_is_refused_without_writing_anything(
    server: Serving, owner: Person, agent: SyntheticAgent
) -> None:
    """Each of its tries took the one writer of the database."""
    async with for_the_last_time(owner, agent):
        pass
    await owner.ask("POST", f"/agents/{agent.agent_id}/give-up", {})
    held, is_over = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        held.set()
        is_over.wait()

    async with agent.poller() as poller:
        assert (await poller.post(agent.hello())).status_code == 401
        writing = asyncio.create_task(server.application.parts.store.write(hold))
        try:
            await asyncio.to_thread(held.wait)
            assert (await poller.post(agent.hello())).status_code == 401
        finally:
            is_over.set()
            await writing


async def test_what_an_older_connection_still_sends_is_not_stored(
    server: Serving, owner: Person, agent: SyntheticAgent
) -> None:
    """It may be held by a replica that has not heard yet."""
    session_id = await start(owner, agent, "hello")
    async with for_the_last_time(owner, agent) as link:
        await take(link, agent)
        boot = link.boot
    await owner.ask("POST", f"/agents/{agent.agent_id}/give-up", {})
    source = Source(agent.agent_id, agent.project_id, agent.keys.key_id, agent.keys.sign, boot)
    batch = agent.output(session_id).batch(boot, SAID)
    answered = await server.application.data_path.ingest.append(source, batch)
    with pytest.raises(Superseded):
        await answered
    assert (await owner.ask("GET", f"/sessions/{session_id}/items"))["items"] == []

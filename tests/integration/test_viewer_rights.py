"""Rights that change at the worst moment: who may not see a session any more is told nothing of it from then on."""

from __future__ import annotations

from uuid import uuid4

import pytest

from claudios.protocol.messages import Ack, Tune
from claudios.server.bus.topics import ACCESS
from claudios.server.serving import Serving
from claudios.server.store import projects
from tests.helpers.paused_read import paused_read
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import SyntheticAgent, line, new_agent
from tests.helpers.viewers import page

pytestmark = pytest.mark.integration


def said(text: str, message: str) -> bytes:
    block = {"type": "text", "text": text}
    return line({"type": "assistant", "message": {"id": message, "content": [block]}})


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def agent(server: Serving, owner: Person) -> SyntheticAgent:
    return await new_agent(owner, server.url)


@pytest.fixture
async def session_id(owner: Person, agent: SyntheticAgent) -> str:
    wanted = {"agent_id": agent.agent_id, "prompt": "hello"}
    found: str = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    return found


async def removed(server: Serving, agent: SyntheticAgent, member: Person) -> None:
    """Take somebody out of the agent's project."""
    parts, user_id = server.application.parts, member.user["id"]
    await parts.store.write(lambda connection: projects.remove_member(connection, agent.project_id, user_id))
    parts.bus.publish(ACCESS, user_id)


async def said_secretly(agent: SyntheticAgent, session_id: str) -> None:
    """Have the session say something, and wait until it is stored."""
    output = agent.output(session_id)
    async with agent.link() as link:
        await link.say(output.batch(link.boot, said("secret", "m1")))
        await link.expect(Ack)


async def test_a_page_cannot_tell_a_session_of_another_project_from_one_that_never_was(
    people: People, session_id: str
) -> None:
    async with page(await people.stranger()) as watching:
        answers = [await watching.subscribe(each) for each in (session_id, str(uuid4()))]
    assert [(answer["type"], answer["code"]) for answer in answers] == [("error", "not_found")] * 2


@pytest.mark.parametrize("reading", ["SELECT members.role", "FROM requests JOIN"], ids=["at the door", "inside"])
async def test_a_member_removed_while_their_subscription_begins_is_shown_nothing(
    server: Serving, people: People, owner: Person, agent: SyntheticAgent, session_id: str, reading: str
) -> None:
    wanted = {"agent_id": agent.agent_id, "prompt": "hello"}
    other = await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted)
    viewer = await people.member(agent.project_id, "viewer")
    async with page(viewer) as watching:
        await watching.subscribe(other["id"])
        begun = len(watching.told)
        async with paused_read(server.application.parts.store, reading) as in_the_middle:
            await watching.say(type="subscribe", session_id=session_id)
            assert await in_the_middle()
            await removed(server, agent, viewer)
            # What is watched was gone through, and this subscription cannot be caught there any more.
            await watching.expect("removed", matching=lambda told: told["id"] == other["id"])
        await watching.say(type="ping")
        await watching.expect("pong")
        await said_secretly(agent, session_id)
        await owner.ask("PATCH", f"/sessions/{session_id}", {"title": "a secret title"})
        await watching.say(type="ping")
        await watching.expect("pong")
        refusal, *others = [message["type"] for message in watching.told[begun:] if other["id"] not in str(message)]
        assert refusal in ("error", "removed")  # refused at the door, or sent away from inside
        assert others == ["pong", "pong"]


async def test_a_member_removed_while_their_overview_is_looked_up_is_told_of_nothing(
    server: Serving, people: People, owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    viewer = await people.member(agent.project_id, "viewer")
    async with page(viewer) as watching:
        await watching.subscribe(session_id)
        async with paused_read(server.application.parts.store, "FROM members") as in_the_middle:
            await watching.say(type="overview")
            await in_the_middle()
            await removed(server, agent, viewer)
            await watching.expect("removed")
        await watching.say(type="ping")
        await watching.expect("pong")
        await owner.ask("PATCH", f"/sessions/{session_id}", {"title": "a secret title"})
        await watching.say(type="ping")
        await watching.expect("pong")
        kinds = [message["type"] for message in watching.told]
        assert "session" not in kinds[kinds.index("removed") :]


async def test_a_page_that_subscribes_without_end_and_reads_nothing_is_cut_off(
    server: Serving, owner: Person, agent: SyntheticAgent, session_id: str
) -> None:
    output, other = agent.output(session_id), await new_agent(owner, server.url, agent.project_id, "other")
    wanted = {"agent_id": other.agent_id, "prompt": "hello"}
    kept = await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted)
    async with agent.link() as link, other.link() as told, page(owner) as watching:
        long = [said("x" * 60_000, f"m{n}") for n in range(10)]
        await link.say(output.batch(link.boot, *long))
        await link.expect(Ack)
        await watching.subscribe(kept["id"])
        await told.expect(Tune, lambda tune: bool(tune.watched))
        watching.socket.transport.pause_reading()
        for _ in range(200):
            await watching.say(type="subscribe", session_id=session_id)
        await told.expect(Tune, lambda tune: not tune.watched)  # the page is let go of while it still does not read
        watching.socket.transport.resume_reading()
        await watching.socket.wait_closed()
        assert watching.socket.close_code == 1013

"""The agent's link to the server, over real sockets: registration, output, instructions, and what is refused."""

from __future__ import annotations

import pytest

from claudios.protocol.messages import (
    Ack,
)
from claudios.server.serving import Serving
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import SyntheticAgent, new_agent

pytestmark = pytest.mark.integration


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def agent(server: Serving, owner: Person) -> SyntheticAgent:
    return await new_agent(owner, server.url)


async def started(owner: Person, agent: SyntheticAgent, **wanted: object) -> str:
    """Start a session and return its id."""
    session = await owner.ask(
        "POST", f"/projects/{agent.project_id}/sessions", {"agent_id": agent.agent_id, "prompt": "hello", **wanted}
    )
    session_id: str = session["id"]
    return session_id


async def test_output_is_stored_and_acknowledged(owner: Person, agent: SyntheticAgent) -> None:
    session_id = await started(owner, agent)
    output = agent.output(session_id)
    async with agent.link() as link:
        await link.say(output.batch(link.boot, b"one\n", b"two\n"))
        assert (await link.expect(Ack)).seq == 2
        assert (await owner.ask("GET", f"/sessions/{session_id}"))["last_seq"] == 2

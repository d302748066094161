"""What an agent reports to have gone wrong reaches people, and only those of its project."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from claudios.protocol.messages import AgentError
from claudios.server.serving import Serving
from tests.helpers.server import People
from tests.helpers.synthetic_agent import new_agent
from tests.helpers.viewers import page

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("carrier", ["websocket", "poll"])
async def test_an_error_of_an_agent_is_seen_in_its_project_until_it_is_over(
    server: Serving, people: People, carrier: str
) -> None:
    """L-12."""
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    viewer, stranger = await people.member(agent.project_id, "viewer"), await people.stranger()
    error = AgentError(code="spool_full", message="The spool is full. Raise `spoolMaxBytes`.")
    async with AsyncExitStack() as open_here:
        watching = await open_here.enter_async_context(page(viewer))
        await watching.say(type="overview")
        await watching.say(type="ping")
        await watching.expect("pong")
        say: Callable[[AgentError], Awaitable[object]]
        if carrier == "poll":
            poller = await open_here.enter_async_context(agent.poller())
            await poller.register()
            say = poller.sync
        else:
            say = (await open_here.enter_async_context(agent.link())).say
        await say(error)
        told = await watching.expect("agent", matching=lambda message: message["agent"]["errors"])
        (shown,) = told["agent"]["errors"]
        assert (shown["code"], shown["message"], shown["times"]) == (error.code, error.message, 1)
        assert (await viewer.ask("GET", f"/agents/{agent.agent_id}"))["errors"] == [shown]
        await stranger.ask("GET", f"/agents/{agent.agent_id}", expect=404)
        assert agent.agent_id not in str(await stranger.ask("GET", "/agents"))
        await say(error.model_copy(update={"resolved": True}))
        await watching.expect("agent", matching=lambda message: not message["agent"]["errors"])

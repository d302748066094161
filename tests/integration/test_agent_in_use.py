"""Two daemons with one token: the second is refused and told who has the agent, and takes over once that is away."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from claudios.protocol.messages import Bye, Hello, Welcome
from claudios.server.serving import Serving
from claudios.server.store import registrations
from tests.helpers.agent_process import AgentHome, agent_home
from tests.helpers.link_server import LinkServer
from tests.helpers.server import People
from tests.helpers.synthetic_agent import SyntheticAgent, new_agent

pytestmark = pytest.mark.integration


@pytest.fixture
async def agent(server: Serving, people: People) -> SyntheticAgent:
    return await new_agent(await people.owner(), server.url)


def hello(agent: SyntheticAgent, installation: str, run: str) -> Hello:
    plain = agent.hello()
    machine = plain.machine.model_copy(update={"hostname": f"host of {installation}"})
    return plain.model_copy(update={"installation": installation, "run": run, "machine": machine})


async def answer(agent: SyntheticAgent, installation: str, run: str) -> str:
    """Say Hello on a link of its own that is closed again; return what the server says."""
    async with agent.socket() as link:
        await link.say(hello(agent, installation, run))
        await link.until_closed()
        (bye,) = link.heard
        assert isinstance(bye, Bye)
        return f"{bye.code}: {bye.message}"


class TestOnWebSockets:
    async def test_another_installation_is_refused_and_told_who_has_the_agent(self, agent: SyntheticAgent) -> None:
        """L-13"""
        async with agent.socket() as holder:
            await holder.say(hello(agent, "one", "a"))
            await holder.expect(Welcome)
            refused = await answer(agent, "two", "b")
            assert refused.startswith("agent_in_use: This agent is already connected from host of one, since 20")
        async with agent.socket() as second:
            await second.say(hello(agent, "two", "b"))
            await second.expect(Welcome)  # the first is offline: the agent has moved

    async def test_a_restart_takes_over_and_what_it_took_over_from_stays_out(self, agent: SyntheticAgent) -> None:
        """L-5, L-13: a copied state directory does not make two daemons take turns."""
        async with agent.socket() as first, agent.socket() as second:
            await first.say(hello(agent, "one", "a"))
            await first.expect(Welcome)
            await second.say(hello(agent, "one", "b"))
            await second.expect(Welcome)
            assert (await first.expect(Bye)).code == "superseded"
            assert (await answer(agent, "one", "a")).startswith("agent_in_use: ")

    async def test_a_refused_daemon_makes_no_room_for_the_ghosts_of_the_holder(self, agent: SyntheticAgent) -> None:
        """L-5: the holder's late Hello superseded the holder itself."""
        async with agent.socket() as holder:
            await holder.say(hello(agent, "one", "a").model_copy(update={"opening": 2}))
            await holder.expect(Welcome)
            assert (await answer(agent, "two", "b")).startswith("agent_in_use: ")
            async with agent.socket() as ghost:
                await ghost.say(hello(agent, "one", "a").model_copy(update={"opening": 1}))
                assert (await ghost.expect(Bye)).code == "superseded"

    async def test_a_daemon_that_reconnects_is_let_in(self, agent: SyntheticAgent) -> None:
        async with agent.socket() as first, agent.socket() as again:
            for link in (first, again):
                await link.say(hello(agent, "one", "a"))
                await link.expect(Welcome)

    async def test_a_holder_not_heard_of_for_long_makes_way(self, server: Serving, agent: SyntheticAgent) -> None:
        """L-13: its server was killed, and nobody told that it is offline."""
        parts = server.application.parts
        long_ago = parts.now_ms() - registrations.HEARD_MS - 1_000
        await parts.store.write(
            lambda connection: registrations.register(
                connection, agent.agent_id, hello(agent, "one", "a"), "websocket", long_ago
            )
        )
        async with agent.socket() as second:
            await second.say(hello(agent, "two", "b"))
            await second.expect(Welcome)


async def test_another_installation_is_refused_on_the_poll_carrier_too(agent: SyntheticAgent) -> None:
    """L-13"""
    async with agent.poller() as holder, agent.poller() as second:
        assert isinstance((await holder.sync(hello(agent, "one", "a")))[0], Welcome)
        refused = await second.post(hello(agent, "two", "b"))
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "agent_in_use")
        assert "host of one" in refused.json()["error"]["message"]


@pytest.mark.parametrize("transport", ["websocket", "poll"])
@pytest.mark.fault("A6")
async def test_a_second_daemon_says_who_has_the_agent_and_ends_and_the_first_may_restart(
    server: Serving, people: People, tmp_path: Path, transport: str
) -> None:
    """L-14"""
    owner = await people.owner()
    project = await owner.ask("POST", "/projects", {"name": "p"})
    token = (await owner.ask("POST", f"/projects/{project['id']}/agents", {"name": "a"}))["token"]
    settings = {"SERVER_URL": server.url, "AGENT_TOKEN": token, "TRANSPORT": transport}
    connected = "Connected to" if transport == "websocket" else "Polling server"
    async with homes(tmp_path, LinkServer()) as (one, two):
        first = await one.start(**settings)
        await first.until_line(connected)
        second = await two.start(**settings)
        assert await second.ended() == 1
        assert "This agent is already connected from" in second.output
        assert connected not in second.output
        two.started.clear()
        first.send(signal.SIGHUP)
        await first.until(lambda output: output.count(connected) == 2)


@asynccontextmanager
async def homes(directory: Path, server: LinkServer) -> AsyncIterator[tuple[AgentHome, AgentHome]]:
    """Give two machines' worth of state."""
    async with agent_home(directory / "one", server) as one, agent_home(directory / "two", server) as two:
        yield one, two

"""O-1: an acknowledgement is an obligation, so none is given before the commit it speaks of."""

from __future__ import annotations

import asyncio
import threading
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from claudios.protocol.messages import Ack, Checkpointed, Outcome, Report, Reported, Tune
from claudios.server.bus.topics import tune
from claudios.server.ingest.verify import Source
from claudios.server.serving import Serving
from tests.helpers.records import Signer
from tests.helpers.server import People
from tests.helpers.synthetic_agent import new_agent
from tests.helpers.viewers import log_viewer

pytestmark = pytest.mark.integration


async def test_nothing_is_acknowledged_while_the_database_has_not_committed_it(server: Serving, people: People) -> None:
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    wanted = {"agent_id": agent.agent_id, "prompt": "hello"}
    session_id = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    parts = server.application.parts
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        busy.set()
        go_on.wait(60)

    async with agent.link() as link:
        holding = asyncio.create_task(parts.store.write(hold))
        await asyncio.to_thread(busy.wait, 20)
        await link.say(agent.output(session_id).batch(link.boot, b"one\n"))
        await owner.ask("GET", "/me")  # by now the batch is with the ingest
        parts.bus.publish(tune(agent.agent_id), frozenset())
        await link.expect(Tune)
        assert not [message for message in link.heard if isinstance(message, Ack)]
        go_on.set()
        await holding
        assert (await link.expect(Ack)).seq == 1


async def test_a_report_and_a_checkpoint_are_confirmed_after_their_commit(server: Serving, people: People) -> None:
    """I-6, C-5: the agent forgets what is confirmed."""
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    parts = server.application.parts
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        busy.set()
        go_on.wait(60)

    async with agent.link() as link:
        holding = asyncio.create_task(parts.store.write(hold))
        await asyncio.to_thread(busy.wait, 20)
        await link.say(
            Report(instruction_id=str(uuid4()), outcome=Outcome.DONE),
            Signer(agent.agent_id, str(uuid4())).sign(1, bytes(32)),
        )
        await owner.ask("GET", "/me")  # by now both are taken
        parts.bus.publish(tune(agent.agent_id), frozenset())
        await link.expect(Tune)
        assert not [message for message in link.heard if isinstance(message, Reported | Checkpointed)]
        go_on.set()
        await holding
        await link.expect(Reported)
        await link.expect(Checkpointed)


async def test_what_is_committed_is_shown_though_the_link_that_brought_it_is_gone(
    server: Serving, people: People
) -> None:
    owner = await people.owner()
    agent = await new_agent(owner, server.url)
    wanted = {"agent_id": agent.agent_id, "prompt": "hello"}
    session_id = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    data, store = server.application.data_path, server.application.parts.store
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        busy.set()
        go_on.wait(60)

    async with log_viewer(owner, session_id) as watching, agent.link() as link:
        batch = agent.output(session_id).batch(link.boot, b"one\n")
        source = Source(agent.agent_id, agent.project_id, agent.keys.key_id, agent.keys.sign, link.boot)
        holding = asyncio.create_task(store.write(hold))
        await asyncio.to_thread(busy.wait, 20)
        (await data.ingest.append(source, batch)).cancel()
        go_on.set()
        await holding
        assert [frame.payload for frame in await watching.until(1)] == [b"one\n"]

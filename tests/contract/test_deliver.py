"""From a person's request to a link: what a link has, nobody changes any more (I-11)."""

from __future__ import annotations

import asyncio

import pytest

from claudios.protocol.messages import Instruction
from claudios.server.bus import topics
from claudios.server.bus.memory import MemoryBus
from claudios.server.instructions import accept
from claudios.server.instructions.deliver import Delivery
from claudios.server.instructions.lifecycle import InstructionState
from claudios.server.instructions.mailbox import Mailbox
from claudios.server.store import instructions
from claudios.server.store.engine import Store
from tests.contract.test_data_path_store import World, made


@pytest.fixture
async def away(store: Store) -> World:
    """The agent was not connected when its session was asked for."""
    return await made(store, is_connected=False)


async def test_what_was_asked_before_a_link_came_is_claimed_before_the_link_has_it(away: World) -> None:
    """The link comes between the commit of the request and the word of it."""
    bus, sent = MemoryBus(), asyncio.Queue[Instruction]()
    place = await away.place()

    def send(entries: object) -> None:
        assert isinstance(entries, list)
        for entry in entries:
            sent.put_nowait(entry)

    delivery = Delivery(away.store, away.agent.agent_id, bytes(32), 1, send, lambda _: None)
    bus.subscribe(topics.instructions(away.agent.agent_id), delivery.offer)
    mailbox = Mailbox(away.store, bus, lambda: 2)
    asked = await mailbox.accept(lambda connection: accept.terminate(connection, place, away.asker, 2))
    assert sent.empty()
    running = asyncio.create_task(delivery.run())
    assert (await sent.get()).id == asked.id
    found = await away.store.read(lambda connection: instructions.get(connection, asked.id))
    assert found is not None
    assert found.state is InstructionState.SENT
    running.cancel()

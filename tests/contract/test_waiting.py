"""Prompts that wait: what one browser sends again, another may have changed meanwhile."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import Connection

from claudios.protocol.errors import Conflict
from claudios.protocol.messages import Mode, PermissionMode
from claudios.server.instructions import revise, starting, waiting
from claudios.server.store import sessions
from claudios.server.store.engine import Store
from claudios.server.store.prompts import Queue
from claudios.server.store.sessions import NewSession
from tests.contract.test_data_path_store import World, made


@pytest.fixture
async def away(store: Store) -> World:
    return await made(store, is_connected=False)


async def add(world: World, prompt_id: str, text: str) -> Queue:
    place = await world.place()
    accepted = await world.do(lambda connection: waiting.add(connection, place, prompt_id, text, world.asker, 2))
    return accepted.answer


async def withdraw(world: World, prompt_id: str) -> Queue:
    place = await world.place()
    accepted = await world.do(lambda connection: waiting.withdraw(connection, place, prompt_id))
    return accepted.answer


async def test_a_prompt_that_was_withdrawn_does_not_come_back_with_a_browser_that_was_not_answered(
    away: World,
) -> None:
    """It waited again, and ran: nothing told the one who sent it twice from somebody who wanted it anew."""
    kept, gone = str(uuid4()), str(uuid4())
    await add(away, kept, "stays")
    await add(away, gone, "is taken back")
    version = (await withdraw(away, gone)).version
    again = await add(away, gone, "is taken back")
    assert [each.id for each in again.prompts] == [kept]
    assert again.version == version
    assert [each.text for each in (await add(away, str(uuid4()), "is taken back")).prompts] == [
        "stays",
        "is taken back",
    ]


async def test_the_id_of_a_withdrawn_prompt_is_not_used_in_another_session_until_its_own_is_deleted(
    away: World,
) -> None:
    gone, other = str(uuid4()), str(uuid4())
    await add(away, gone, "is taken back")
    await withdraw(away, gone)
    ours = await away.place()

    def start(connection: Connection) -> sessions.Place:
        mine = (other, away.project_id, away.agent.agent_id)
        starting.start(
            connection, NewSession(*mine, "", Mode.CHAT, "/", None, PermissionMode.DEFAULT), None, away.asker, 3
        )
        found = sessions.place(connection, other)
        assert found is not None
        return found

    theirs = await away.do(start)
    with pytest.raises(Conflict):
        await away.do(lambda connection: waiting.add(connection, theirs, gone, "anew", away.asker, 4))
    await away.do(lambda connection: revise.delete_session(connection, ours.session_id))
    added = await away.do(lambda connection: waiting.add(connection, theirs, gone, "anew", away.asker, 4))
    assert [each.text for each in added.answer.prompts] == ["anew"]

"""Sessions that go on with a conversation of their machine (rule I-20)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from claudios.protocol.conversations import Conversation
from claudios.protocol.errors import Conflict
from claudios.protocol.frame import Stream
from claudios.protocol.messages import EndReason, Mode, PermissionMode, SessionState
from claudios.server.instructions import importing, revise, starting
from claudios.server.instructions.accept import Accepted
from claudios.server.projections.life import Life
from claudios.server.store import imports, lives, log, sessions
from claudios.server.store.engine import Store
from claudios.server.store.sessions import NewSession, Session
from tests.contract.test_data_path_store import World, made

FOUND = Conversation(
    id="5b1f6f0e-7a51-4b2e-a1a5-5b1f6f0e7a51", directory="/work/it", title="Why is it?", modified_ms=1, size=2
)
ENDED = Life(1, SessionState.ENDED, EndReason.LOST, "The process that held the session died.")


@pytest.fixture
async def world(store: Store) -> World:
    return await made(store, is_connected=True)


async def go_on(
    world: World, found: Conversation = FOUND, prompt: str | None = None, title: str = ""
) -> Accepted[Session]:
    new = NewSession(
        str(uuid4()), world.project_id, world.agent.agent_id, title, Mode.CHAT, None, None, PermissionMode.PLAN
    )
    return await world.do(
        lambda connection: importing.import_conversation(connection, new, found, prompt, world.asker, 5)
    )


def body_of(accepted: Accepted[Session]) -> Any:
    (issued,) = accepted.issued
    return json.loads(issued.body)


async def test_its_agent_forks_the_conversation_and_records_it(world: World) -> None:
    accepted = await go_on(world, prompt="go on")
    body = body_of(accepted)
    assert body["resume"] == {"of": FOUND.id, "is_recorded": True}
    assert (body["directory"], body["permission_mode"]) == ("/work/it", "plan")
    session = accepted.answer
    assert (session.imported_from, session.forked_from, session.title) == (FOUND.id, None, "Why is it?")
    assert session.claude_session_id == session.id
    assert (await go_on(world, FOUND.model_copy(update={"id": str(uuid4()), "title": ""}))).answer.title == (
        importing.UNTITLED
    )


async def test_again_it_is_the_session_of_before_until_that_is_deleted(world: World) -> None:
    first = (await go_on(world, prompt="once")).answer
    again = await go_on(world, prompt="twice", title="other")
    assert (again.answer.id, again.answer.title, again.issued) == (first.id, first.title, ())
    await world.do(lambda connection: revise.delete_session(connection, first.id))
    assert (await go_on(world)).answer.id != first.id


async def test_two_people_who_import_it_at_once_get_one_session(world: World) -> None:
    accepted = await asyncio.gather(*(go_on(world) for _ in range(4)))
    assert len({each.answer.id for each in accepted}) == 1
    assert sum(len(each.issued) for each in accepted) == 1


async def test_a_sessions_own_conversation_is_not_imported(world: World) -> None:
    own = (await world.session()).claude_session_id
    with pytest.raises(Conflict, match="a session here already"):
        await go_on(world, FOUND.model_copy(update={"id": own}))


async def test_those_that_are_known_are_told_by_agent(world: World) -> None:
    await go_on(world)
    own = (await world.session()).claude_session_id
    ids = [FOUND.id, own, str(uuid4())]

    async def known(agent_id: str) -> frozenset[str]:
        return await world.store.read(lambda connection: imports.known(connection, agent_id, ids))

    assert await known(world.agent.agent_id) == {FOUND.id, own}
    assert await known("agt_another") == {own}


def event(name: str) -> tuple[Stream, bytes]:
    return Stream.EVENT, json.dumps({"event": name}).encode()


@pytest.mark.parametrize(
    ("frames", "is_in_log"),
    [
        ((), False),
        ((event("failed"), event("ended")), False),
        ((event("failed"), event("ended"), event("imported"), event("failed"), event("ended")), True),
        ((event("imported"), (Stream.TRANSCRIPT, b"said"), event("started"), event("ended")), True),
    ],
)
async def test_a_later_start_records_it_only_where_it_is_not_in_the_log_yet(
    world: World, frames: tuple[tuple[Stream, bytes], ...], is_in_log: bool
) -> None:
    session = (await go_on(world)).answer
    if frames:
        batch = world.agent.output(session.id).batch(1, *frames)
        await world.do(lambda connection: log.append(connection, world.source(), batch, 9))
    await world.do(lambda connection: lives.witness(connection, session.id, ENDED, 6))
    place = await world.store.read(lambda connection: sessions.place(connection, session.id))
    assert place is not None
    again = await world.do(lambda connection: starting.resume(connection, place, None, world.asker, 7))
    assert body_of(again)["resume"] == {"of": FOUND.id, "is_recorded": not is_in_log}
    assert body_of(again)["first_seq"] == len(frames) + 1

"""Sessions that begin with the conversation of another (rule I-17)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from claudios.protocol.errors import Conflict
from claudios.protocol.messages import EndReason, SessionState
from claudios.server.instructions import forking, revise, starting
from claudios.server.instructions.accept import Accepted
from claudios.server.projections.life import Life
from claudios.server.store import agents, lives, progress, sessions
from claudios.server.store.engine import Store
from claudios.server.store.sessions import Session
from tests.contract.test_data_path_store import SUMS, World, made

CONVERSATION = "5b1f6f0e-7a51-4b2e-a1a5-5b1f6f0e7a51"
ENDED = Life(1, SessionState.ENDED, EndReason.LOST, "The process that held the session died.")


@pytest.fixture
async def world(store: Store) -> World:
    return await made(store, is_connected=True)


async def complete_turns(world: World, session_id: str, conversation: str | None) -> None:
    sums = replace(SUMS, turns=1, effort="high", claude_session_id=conversation)
    await world.do(lambda connection: progress.save_fold(connection, session_id, 0, b"", sums, 4))


async def fork(
    world: World, new_id: str | None = None, title: str = "", prompt: str | None = None
) -> Accepted[Session]:
    place, wanted = await world.place(), new_id or str(uuid4())
    return await world.do(lambda connection: forking.fork(connection, place, wanted, title, prompt, world.asker, 5))


def body_of(accepted: Accepted[Session]) -> Any:
    (issued,) = accepted.issued
    return json.loads(issued.body)


class TestFork:
    async def test_it_begins_with_what_claude_keeps_of_the_original_as_that_was_set(self, world: World) -> None:
        await complete_turns(world, world.session_id, CONVERSATION)
        origin = await world.session()
        forked = await fork(world, prompt="another way")
        body = body_of(forked)
        assert body["resume"] == {"of": CONVERSATION, "is_recorded": False}
        assert (body["directory"], body["epoch"]) == (origin.directory, 1)
        assert (body["model"], body["permission_mode"], body["effort"]) == ("opus", "plan", "high")
        assert "another way" in body["inputs"][0]["line"]
        assert (forked.answer.forked_from, forked.answer.forked_title) == (origin.id, origin.title)
        assert (forked.answer.title, forked.answer.claude_session_id) == ("another way", forked.answer.id)
        assert await world.session() == origin

    async def test_without_a_prompt_it_is_called_a_fork(self, world: World) -> None:
        await complete_turns(world, world.session_id, CONVERSATION)
        assert (await fork(world)).answer.title == "Fork of hello there"
        assert (await fork(world, title="Mine")).answer.title == "Mine"

    async def test_asked_for_twice_it_is_made_once(self, world: World) -> None:
        await complete_turns(world, world.session_id, CONVERSATION)
        first = await fork(world, prompt="once")
        again = await fork(world, first.answer.id, prompt="once")
        assert (again.answer, again.issued) == (first.answer, ())
        with pytest.raises(Conflict):
            await fork(world, first.answer.id, prompt="twice")
        with pytest.raises(Conflict):
            await fork(world, world.session_id)

    async def test_there_must_be_a_conversation(self, world: World) -> None:
        with pytest.raises(Conflict, match="completed no turn"):
            await fork(world)
        await complete_turns(world, world.session_id, CONVERSATION)
        await world.do(lambda connection: lives.witness(connection, world.session_id, ENDED, 6))
        await world.do(lambda connection: agents.remove(connection, world.agent.agent_id, 6))
        with pytest.raises(Conflict, match="deleted"):
            await fork(world)

    @pytest.mark.parametrize("turns", [0, 1])
    async def test_until_its_first_turn_is_completed_a_later_start_forks_again(self, world: World, turns: int) -> None:
        await complete_turns(world, world.session_id, CONVERSATION)
        forked = (await fork(world)).answer.id
        if turns:
            await complete_turns(world, forked, forked)
        await world.do(lambda connection: lives.witness(connection, forked, ENDED, 6))
        place = await world.store.read(lambda connection: sessions.place(connection, forked))
        assert place is not None
        again = await world.do(lambda connection: starting.resume(connection, place, None, world.asker, 7))
        assert body_of(again)["resume"] == (forked if turns else {"of": CONVERSATION, "is_recorded": False})

    async def test_it_outlives_the_original(self, world: World) -> None:
        await complete_turns(world, world.session_id, CONVERSATION)
        forked = (await fork(world)).answer
        await world.do(lambda connection: revise.delete_session(connection, world.session_id))
        now = await world.store.read(lambda connection: sessions.get(connection, forked.id))
        assert now is not None
        assert (now.forked_from, now.forked_title) == (world.session_id, None)

"""What happens by the server's own clock: lost wake-ups are made up for, and what waits too long expires."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from sqlalchemy import Connection, update

from claudios.protocol.messages import Bye, Instruction
from claudios.server.instructions import accept
from claudios.server.instructions.accept import Asker
from claudios.server.serving import Serving
from claudios.server.store import sessions
from claudios.server.store.tables import agent_keys, instructions
from tests.faults.case import Case
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import SyntheticAgent, new_agent, take
from tests.helpers.viewers import page

pytestmark = pytest.mark.integration

ARRIVES_SECONDS = 2.0


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def agent(server: Serving, owner: Person) -> SyntheticAgent:
    return await new_agent(owner, server.url)


async def start(owner: Person, agent: SyntheticAgent) -> str:
    wanted = {"agent_id": agent.agent_id, "prompt": "hello"}
    found: str = (await owner.ask("POST", f"/projects/{agent.project_id}/sessions", wanted))["id"]
    return found


@pytest.mark.fault("S2", usually=1)
async def test_an_instruction_whose_wake_up_was_lost_is_delivered_by_the_sweep_within_two_seconds(
    case: Case, server: Serving, owner: Person, agent: SyntheticAgent
) -> None:
    session_id = await start(owner, agent)
    async with agent.link() as link:
        await take(link, agent)

        def commit_and_die(connection: Connection) -> None:
            place = sessions.place(connection, session_id)
            assert place is not None
            asker = Asker(owner.user["id"], owner.user["username"])
            accept.command(connection, place, "unheard", str(uuid4()), asker, 1)

        await server.application.parts.store.write(commit_and_die)
        committed = time.monotonic()
        assert (await link.expect(Instruction)).iseq == 2
        took = time.monotonic() - committed
        case.recovered(took)
        assert took <= ARRIVES_SECONDS


async def test_a_link_whose_key_ended_without_a_word_is_cut_by_the_sweep(
    server: Serving, agent: SyntheticAgent
) -> None:
    async with agent.link() as link:
        await server.application.parts.store.write(
            lambda connection: connection.execute(update(agent_keys).values(expires_ms=1))
        )
        assert (await link.expect(Bye)).code == "not_signed_in"


async def test_a_start_that_waits_too_long_for_its_agent_fails_and_people_are_told(
    server: Serving, owner: Person, agent: SyntheticAgent
) -> None:
    async with page(owner) as watching:
        await watching.say(type="overview")
        await watching.say(type="ping")
        await watching.expect("pong")
        session_id = await start(owner, agent)
        await server.application.parts.store.write(
            lambda connection: connection.execute(update(instructions).values(expires_ms=1))
        )
        sooner = {"text": "a command waits a shorter time, which wakes the clock's loop"}
        # refused where the loop was awake already, and quicker
        await owner.http.post(f"/api/v1/sessions/{session_id}/commands", json=sooner)
        told = await watching.expect("session", matching=lambda message: message["session"]["state"] == "ended")
        assert (told["session"]["id"], told["session"]["reason"]) == (session_id, "failed")
        assert told["session"]["detail"] == "The agent did not come online in time."

"""Instructions that people edit, withdraw, retry and drop: one wins, the log stays whole (rule I-11)."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from claudios.protocol.errors import Conflict, NotFound, TooMany
from claudios.protocol.messages import EndReason, InstructionKind, Outcome, Report, SessionState
from claudios.server.bus.memory import MemoryBus
from claudios.server.bus.topics import OVERVIEW, Changed
from claudios.server.instructions import accept, outcome, reply, revise
from claudios.server.instructions.accept import Accepted, Decision
from claudios.server.instructions.lifecycle import InstructionState, Issued
from claudios.server.keys import ServerKey
from claudios.server.projections.asks import Unsupported
from claudios.server.projections.life import Life
from claudios.server.store import agents, instructions, issuing, lives, requests, sessions
from claudios.server.store.engine import Store
from claudios.server.store.instructions import Instruction
from claudios.server.store.requests import RequestState
from tests.contract.test_data_path_store import World, asked, made

EMPTY = json.dumps({"session_id": str(uuid4()), "input": {"id": str(uuid4()), "line": "{}"}})


@pytest.fixture
async def away(store: Store) -> World:
    return await made(store, is_connected=False)


@pytest.fixture
async def online(store: Store) -> World:
    return await made(store, is_connected=True)


async def send(world: World, text: str) -> Instruction:
    place = await world.place()
    accepted = await world.do(lambda connection: accept.command(connection, place, text, str(uuid4()), world.asker, 2))
    return accepted.answer


async def edit(world: World, instruction_id: str, text: str, instead_of: str | None = None) -> Instruction:
    place = await world.place()
    accepted = await world.do(lambda connection: revise.edit(connection, place, instruction_id, text, instead_of))
    return accepted.answer


async def withdraw(world: World, instruction_id: str) -> Accepted[Instruction]:
    place = await world.place()
    return await world.do(lambda connection: revise.withdraw(connection, place, instruction_id, world.asker, 3))


async def retry(world: World, instruction_id: str) -> Accepted[Instruction]:
    place = await world.place()
    return await world.do(lambda connection: revise.retry(connection, place, instruction_id, world.asker, 3))


async def drop(world: World, instruction_id: str) -> Accepted[Instruction]:
    place = await world.place()
    return await world.do(lambda connection: revise.drop(connection, place, instruction_id, world.asker, 3))


async def report(world: World, instruction_id: str, what: Outcome) -> None:
    said = Report(instruction_id=instruction_id, outcome=what, code="x", message="Because.")
    await world.do(lambda connection: outcome.settle(connection, world.agent.agent_id, said, 4))


async def state(world: World, instruction_id: str) -> InstructionState:
    found = await world.store.read(lambda connection: instructions.get(connection, instruction_id))
    assert found is not None
    return found.state


async def delivered(world: World, after: int = 0) -> list[Issued]:
    claimed, _ = await world.do(lambda connection: instructions.claim(connection, world.agent.agent_id, after, 99))
    return claimed


async def test_what_waits_is_edited_and_goes_out_as_it_was_edited_last(away: World) -> None:
    sent = await send(away, "do one thing")
    assert (await edit(away, sent.id, "do another")).text == "do another"
    start, command = await delivered(away)
    line = json.loads(json.loads(command.body)["input"]["line"])
    assert (line["message"]["content"], line["uuid"]) == ("do another", sent.id)
    assert (start.iseq, command.iseq, command.id) == (1, 2, sent.id)


async def test_the_prompt_of_a_start_that_waits_is_edited(away: World) -> None:
    await edit(away, away.session_id, "something else")
    (start,) = await delivered(away)
    (given,) = json.loads(start.body)["inputs"]
    assert json.loads(given["line"])["message"]["content"] == "something else"
    assert json.loads(start.body)["directory"] == "/work"


async def test_of_two_who_edit_at_once_one_wins_and_the_other_is_told(away: World) -> None:
    sent = await send(away, "first")
    answers = await asyncio.gather(
        edit(away, sent.id, "mine", "first"), edit(away, sent.id, "yours", "first"), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Instruction"]


async def test_a_withdrawn_prompt_keeps_its_place_and_tells_the_machine_nothing(away: World) -> None:
    first, second = await send(away, "a secret"), await send(away, "go on")
    withdrawn = (await withdraw(away, first.id)).answer
    assert (withdrawn.state, withdrawn.text, withdrawn.message) == ("withdrawn", "a secret", "Withdrawn by ann.")
    entries = await delivered(away)
    assert [entry.iseq for entry in entries] == [1, 2, 3]
    emptied = entries[1]
    assert emptied.expires_ms == emptied.issued_ms
    assert "a secret" not in emptied.body
    assert entries[2].id == second.id
    for what in Outcome:
        await report(away, first.id, what)
    assert await state(away, first.id) == "withdrawn"


async def test_what_a_link_may_have_is_neither_edited_nor_withdrawn(away: World) -> None:
    sent = await send(away, "x")
    await delivered(away)
    for act in (edit(away, sent.id, "y"), withdraw(away, sent.id)):
        with pytest.raises(Conflict, match="has been sent to the agent"):
            await act
    assert await state(away, sent.id) == "sent"


async def test_what_is_asked_of_a_connected_agent_is_its_links_at_once(online: World) -> None:
    sent = await send(online, "x")
    assert sent.state == "sent"
    with pytest.raises(Conflict):
        await withdraw(online, sent.id)


async def test_a_person_and_a_link_that_race_for_it_never_both_get_it(away: World) -> None:
    place = await away.place()

    def take_back(connection: Connection, instruction_id: str) -> bool:
        try:
            revise.withdraw(connection, place, instruction_id, away.asker, 3)
        except Conflict:
            return False
        return True

    for _ in range(10):
        sent = await send(away, "x")
        (claimed, moved), is_withdrawn = await asyncio.gather(
            away.do(lambda connection: instructions.claim(connection, away.agent.agent_id, 0, 99)),
            away.do(partial(take_back, instruction_id=sent.id)),
        )
        has_it = any(entry.id == sent.id and entry.expires_ms > entry.issued_ms for entry in claimed)
        assert has_it is not is_withdrawn
        assert has_it == any(kept.view.id == sent.id for kept in moved)


async def test_a_withdrawn_start_ends_its_session_and_takes_what_waited_with_it(away: World) -> None:
    sent = await send(away, "and then this")
    told = (await withdraw(away, away.session_id)).told
    session = await away.session()
    assert (session.state, session.reason, session.detail) == ("ended", EndReason.TERMINATED, "Withdrawn by ann.")
    assert await state(away, sent.id) == "withdrawn"
    assert len(told) == 3, "the start, its session, and the prompt that waited"
    entries = await delivered(away)
    assert all(entry.expires_ms == entry.issued_ms for entry in entries)


async def test_a_withdrawn_answer_leaves_the_question_open(away: World) -> None:
    await away.do(lambda connection: requests.add(connection, away.session_id, asked("r1")))
    place = await away.place()
    answered = await away.do(
        lambda connection: accept.answer(connection, place, "r1", Decision("allow"), away.asker, 2)
    )
    assert answered.answer.state is RequestState.ANSWERED
    (entry,) = answered.issued
    await withdraw(away, entry.id)
    found = await away.store.read(lambda connection: requests.get(connection, away.session_id, "r1"))
    assert found is not None
    assert found.state is RequestState.PENDING


async def test_what_is_unknown_is_sent_again_under_the_uuid_that_claude_may_know_it_by(online: World) -> None:
    sent = await send(online, "once")
    await report(online, sent.id, Outcome.UNKNOWN)
    again = (await retry(online, sent.id)).answer
    assert again.id != sent.id
    assert (again.input_id, again.text, again.state) == (sent.id, "once", "sent")
    assert await state(online, sent.id) == "retried"
    newest = (await delivered(online))[-1]
    given = json.loads(newest.body)["input"]
    assert (given["id"], json.loads(given["line"])["uuid"]) == (sent.id, sent.id)
    await report(online, again.id, Outcome.UNKNOWN)
    assert (await retry(online, again.id)).answer.input_id == sent.id


async def test_what_is_sent_again_resumes_a_session_that_has_ended(online: World) -> None:
    sent = await send(online, "once")
    await report(online, sent.id, Outcome.UNKNOWN)
    lost = Life(1, SessionState.ENDED, EndReason.LOST)
    await online.do(lambda connection: lives.witness(connection, online.session_id, lost, 5))
    again = (await retry(online, sent.id)).answer
    assert (again.kind, again.input_id) == ("start_session", sent.id)
    session = await online.session()
    assert (session.state, session.epoch) == (SessionState.QUEUED, 2)
    assert json.loads((await delivered(online))[-1].body)["inputs"][0]["id"] == sent.id


async def test_of_two_who_send_it_again_at_once_one_does_and_the_other_is_told_who(online: World) -> None:
    sent = await send(online, "once")
    await report(online, sent.id, Outcome.UNKNOWN)
    answers = await asyncio.gather(retry(online, sent.id), retry(online, sent.id), return_exceptions=True)
    (refused,) = [answer for answer in answers if isinstance(answer, Conflict)]
    assert refused.message == "Sent again by ann."
    assert len(await delivered(online)) == 3


async def test_what_is_dropped_stays_dropped_and_in_sight(online: World) -> None:
    sent = await send(online, "never mind")
    await report(online, sent.id, Outcome.UNKNOWN)
    dropped = (await drop(online, sent.id)).answer
    assert (dropped.state, dropped.text, dropped.message) == ("dropped", "never mind", "Dropped by ann.")
    for act in (drop(online, sent.id), retry(online, sent.id)):
        with pytest.raises(Conflict, match="Dropped by ann"):
            await act
    listed = await online.store.read(lambda connection: instructions.of_session(connection, online.session_id, 9))
    assert [each.state for each in listed] == ["sent", "dropped"]


async def test_what_is_under_way_or_done_is_neither_sent_again_nor_dropped(online: World) -> None:
    sent = await send(online, "x")
    for what in (None, Outcome.DONE):
        if what is not None:
            await report(online, sent.id, what)
        for act in (drop(online, sent.id), retry(online, sent.id)):
            with pytest.raises(Conflict):
                await act


async def test_an_instruction_of_another_session_is_not_found(away: World) -> None:
    sent = await send(away, "x")
    stranger = sessions.Place(str(uuid4()), away.project_id, "agt_other", "", SessionState.RUNNING, 1, 0, b"")
    for act in (revise.withdraw, revise.retry, revise.drop):
        with pytest.raises(NotFound):
            await away.do(lambda connection, act=act: act(connection, stranger, sent.id, away.asker, 3))  # type: ignore[misc]


async def test_beyond_a_number_of_waiting_instructions_more_are_refused_with_the_remedy(away: World) -> None:
    ids = [str(uuid4()) for _ in range(issuing.MAX_WAITING - 1)]
    drafts = [
        issuing.Draft(ids[n], InstructionKind.COMMAND, away.session_id, EMPTY, 10**9, "x") for n in range(len(ids))
    ]
    await away.do(lambda connection: issuing.issue(connection, away.agent.agent_id, drafts, None, 2))
    with pytest.raises(TooMany, match="withdraw some"):
        await send(away, "one too many")
    await refuse_what_claude_asks(away)
    with pytest.raises(TooMany):
        await send(away, "one too many still")
    for number in (7, 8):
        await withdraw(away, ids[number])
    await send(away, "now there is room")


async def test_beyond_a_number_that_waits_in_a_project_an_agent_gets_a_few_more_and_then_none(away: World) -> None:
    def wait(connection: Connection, agent_id: str, count: int) -> None:
        drafts = [
            issuing.Draft(str(uuid4()), InstructionKind.COMMAND, away.session_id, EMPTY, 10**9, "x")
            for _ in range(count)
        ]
        issuing.issue(connection, agent_id, drafts, None, 2, is_limited=False)

    def fill(connection: Connection) -> None:
        for name in range(issuing.MAX_WAITING_IN_PROJECT // issuing.MAX_WAITING):
            made, _ = agents.create(connection, ServerKey(bytes(32)), away.project_id, f"agent {name}", 1)
            wait(connection, made.id, issuing.MAX_WAITING)

    await away.do(fill)
    await send(away, "few wait for this agent")
    await away.do(lambda connection: wait(connection, away.agent.agent_id, issuing.FREELY_WAITING))
    with pytest.raises(TooMany, match="5000 instructions wait for the agents of this project"):
        await send(away, "one too many")


async def refuse_what_claude_asks(world: World) -> None:
    """Have the server itself answer what nobody can serve: Claude would wait for it for ever."""
    place = await world.place()
    asked_of = Unsupported("r1", place.epoch, "novel")
    before = await world.store.read(lambda connection: instructions.of_session(connection, world.session_id, 2_000))
    await world.do(lambda connection: reply.refuse_unsupported(connection, place, asked_of, 4))
    after = await world.store.read(lambda connection: instructions.of_session(connection, world.session_id, 2_000))
    assert len(after) == len(before) + 1


async def test_those_who_look_hear_of_it(away: World) -> None:
    bus, heard = MemoryBus(), list[Changed]()
    bus.subscribe(OVERVIEW, heard.append)
    sent = await send(away, "x")
    for change in (await withdraw(away, sent.id)).told:
        bus.publish(OVERVIEW, change)
    assert json.loads(heard[0].message)["instruction"]["state"] == "withdrawn"


async def test_a_deleted_session_leaves_no_gap_in_its_agents_log(away: World) -> None:
    """A machine that was away when its session was withdrawn and deleted never got an instruction again."""
    await send(away, "never mind")
    await withdraw(away, away.session_id)
    await away.do(lambda connection: revise.delete_session(connection, away.session_id))
    kept = await delivered(away)
    assert [entry.iseq for entry in kept] == list(range(1, len(kept) + 1))
    assert kept
    assert all(entry.expires_ms == entry.issued_ms and "never mind" not in entry.body for entry in kept)

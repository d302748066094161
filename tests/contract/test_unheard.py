"""What was sent to an agent that is not heard of any more: unknown at its time, until it says otherwise (I-14)."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest

from claudios.protocol.messages import EndReason, InstructionKind, Outcome, Report, SessionState, TerminateSession
from claudios.server.bus.memory import MemoryBus
from claudios.server.bus.topics import OVERVIEW
from claudios.server.instructions import accept, outcome, revise, starting
from claudios.server.instructions.lifecycle import InstructionState
from claudios.server.instructions.mailbox import Mailbox
from claudios.server.projections.life import Life
from claudios.server.store import agents, channels, expiry, instructions, issuing, lives, notifications, registrations
from claudios.server.store.channels import NewChannel, Way, new_channel_id
from claudios.server.store.engine import Store
from claudios.server.store.instructions import Instruction
from tests.contract.test_data_path_store import World, made

DUE = 1 + accept.START_TTL_MS


@pytest.fixture
async def gone(store: Store) -> World:
    """The agent was connected when its session was asked for, and has gone."""
    world = await made(store, is_connected=True)
    await world.do(lambda connection: registrations.left(connection, world.agent.agent_id, 1, 2))
    return world


async def give_up(world: World, now_ms: int = DUE) -> int:
    """Let the server's clock do as it does; return how much people are told."""
    if not await world.store.read(lambda connection: expiry.is_unheard(connection, now_ms)):
        return 0
    return len(await world.do(lambda connection: outcome.give_up(connection, now_ms)))


async def report(world: World, instruction_id: str, what: Outcome) -> None:
    said = Report(instruction_id=instruction_id, outcome=what)
    await world.do(lambda connection: outcome.settle(connection, world.agent.agent_id, said, DUE + 5))


async def found(world: World, instruction_id: str) -> Instruction:
    known = await world.store.read(lambda connection: instructions.get(connection, instruction_id))
    assert known is not None
    return known


async def taken(world: World) -> None:
    await world.do(lambda connection: instructions.mark_taken(connection, world.agent.agent_id, 9))


async def test_a_session_whose_start_was_sent_to_an_agent_that_died_can_be_deleted_and_the_agent_removed(
    gone: World,
) -> None:
    """It stayed queued for ever, and its agent with it."""
    assert await give_up(gone, DUE - 1) == 0
    assert await give_up(gone) == 2
    assert await give_up(gone) == 0
    start, session = await found(gone, gone.session_id), await gone.session()
    assert (start.state, start.message) == ("unknown", expiry.GIVEN_UP)
    assert (session.state, session.reason, session.detail) == (SessionState.ENDED, EndReason.FAILED, expiry.GIVEN_UP)
    await gone.do(lambda connection: agents.remove(connection, gone.agent.agent_id, DUE))
    await gone.do(lambda connection: revise.delete_session(connection, gone.session_id))


async def test_the_prompt_of_such_a_start_is_sent_again_or_dropped(gone: World) -> None:
    await give_up(gone)
    place = await gone.place()
    again = await gone.do(lambda connection: revise.retry(connection, place, gone.session_id, gone.asker, DUE))
    assert (again.answer.kind, again.answer.input_id) == (InstructionKind.START_SESSION, gone.session_id)
    assert (await gone.session()).epoch == 2


async def test_an_agent_that_is_heard_of_is_left_to_say_what_became_of_it(store: Store) -> None:
    world = await made(store, is_connected=True)
    await taken(world)
    assert await give_up(world, 2) == 0
    heard_ms = DUE - registrations.HEARD_MS
    await world.do(
        lambda connection: registrations.returned(connection, world.agent.agent_id, 1, "websocket", heard_ms)
    )
    assert await give_up(world) == 0
    assert await give_up(world, DUE + 1) == 2, "the server that held its link is gone too"


@pytest.mark.parametrize("is_taken", [False, True])
async def test_an_agent_that_comes_back_after_all_goes_on_with_what_it_began(gone: World, is_taken: bool) -> None:
    if is_taken:
        await taken(gone)
    await give_up(gone)
    await report(gone, gone.session_id, Outcome.DONE)
    assert (await found(gone, gone.session_id)).state is InstructionState.DONE
    session = await gone.session()
    assert (session.state, session.reason, session.ended_ms) == (SessionState.QUEUED, None, None)


async def test_who_was_told_that_it_was_given_up_is_told_of_its_end_too(gone: World) -> None:
    new = NewChannel(
        new_channel_id(), Way.WEBHOOK, "ci", "https://x.example.org", b"", "https://x", project_id=gone.project_id
    )
    await gone.do(lambda connection: channels.add(connection, new, DUE))
    await give_up(gone)
    await report(gone, gone.session_id, Outcome.DONE)
    ended = Life(1, SessionState.ENDED, EndReason.EXITED)
    await gone.do(lambda connection: lives.witness(connection, gone.session_id, ended, DUE))
    assert [due.kind for due in await gone.do(lambda connection: notifications.claim(connection, 9, DUE))] == ["ended"]


async def test_a_late_report_leaves_a_session_alone_that_ended_otherwise(gone: World) -> None:
    await give_up(gone)
    place = await gone.place()
    await gone.do(lambda connection: starting.resume(connection, place, None, gone.asker, DUE))
    await report(gone, gone.session_id, Outcome.DONE)
    session = await gone.session()
    assert (session.epoch, session.state) == (2, SessionState.QUEUED)


async def test_what_an_agent_had_and_lost_with_its_journal_stays_unknown_when_it_finds_it_expired(gone: World) -> None:
    """It comes to the agent again only to keep the log whole: that does not tell what was done before."""
    await taken(gone)
    await give_up(gone)
    await report(gone, gone.session_id, Outcome.EXPIRED)
    assert (await found(gone, gone.session_id)).state is InstructionState.UNKNOWN


async def test_what_never_reached_the_agent_is_expired_when_the_agent_says_so(gone: World) -> None:
    await give_up(gone)
    await report(gone, gone.session_id, Outcome.EXPIRED)
    assert (await found(gone, gone.session_id)).state is InstructionState.EXPIRED


async def test_the_servers_clock_gives_it_up_by_itself_and_tells_people(gone: World) -> None:
    body = accept.as_json(TerminateSession(session_id=gone.session_id))
    draft = issuing.Draft(str(uuid4()), InstructionKind.TERMINATE_SESSION, gone.session_id, body, DUE)
    await gone.do(lambda connection: issuing.issue(connection, gone.agent.agent_id, [draft], None, 3))
    bus = MemoryBus()
    told: asyncio.Queue[str] = asyncio.Queue()
    bus.subscribe(OVERVIEW, lambda change: told.put_nowait(change.message))
    clock = asyncio.create_task(Mailbox(gone.store, bus, lambda: DUE).expire())
    heard = [json.loads(await told.get()) for _ in range(3)]
    clock.cancel()
    assert [each["type"] for each in heard] == ["instruction", "session", "instruction"]
    assert [each["instruction"]["state"] for each in (heard[0], heard[2])] == ["unknown", "expired"]

"""Sessions that resume by themselves: once for each loss, with what they had last, and not for ever (rule I-13)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from claudios.protocol import messages
from claudios.protocol.codec import MAX_MESSAGE_BYTES, decode_from_server, encode
from claudios.protocol.errors import Conflict, InputInvalid, TooMany
from claudios.protocol.frame import Stream
from claudios.protocol.messages import EndReason, InstructionKind, Mode, Outcome, PermissionMode, Report, SessionState
from claudios.protocol.prompt import MAX_PROMPT_BYTES
from claudios.server.bus.memory import MemoryBus
from claudios.server.instructions import accept, outcome, resumption, starting, waiting
from claudios.server.instructions.accept import Accepted
from claudios.server.instructions.caretaker import Caretaker
from claudios.server.instructions.mailbox import Mailbox
from claudios.server.instructions.resumption import DUTIES, NEWS, SWEEP_SECONDS
from claudios.server.projections.items import Entry
from claudios.server.projections.life import Life
from claudios.server.store import asked, instructions, issuing, items, lives, log, progress, reopening, sessions
from claudios.server.store.engine import Store
from claudios.server.store.instructions import Instruction
from claudios.server.store.issuing import Draft
from claudios.server.store.sessions import GIVEN_UP, MOST_RESUMPTIONS, NewSession, Resume, Session
from tests.contract.test_data_path_store import SUMS, World, made
from tests.helpers.images import png
from tests.helpers.synthetic_agent import event

T = TypeVar("T")


@pytest.fixture
async def world(store: Store) -> World:
    """A session that is to resume by itself, on a connected agent."""
    there = await made(store, is_connected=True)
    await there.do(lambda connection: sessions.set_resume(connection, there.session_id, Resume.AUTOMATIC))
    return there


async def lose(world: World, reason: EndReason = EndReason.LOST) -> None:
    epoch = (await world.session()).epoch
    ended = Life(epoch, SessionState.ENDED, reason, "The process that held the session died.")
    await world.do(lambda connection: lives.witness(connection, world.session_id, ended, 5))


async def look(world: World) -> Accepted[int]:
    """Do as the loop does, in one go."""
    for session_id in await world.store.read(reopening.to_resume):
        return await world.do(lambda connection: resumption.resume_by_itself(connection, session_id, 6))  # noqa: B023
    return Accepted(0, "")


async def send(world: World, text: str, images: Sequence[bytes] = ()) -> Instruction:
    place = await world.place()
    ask = partial(accept.command, place=place, text=text, command_id=str(uuid4()), asker=world.asker, now_ms=2)
    return (await world.do(lambda connection: ask(connection, images=images))).answer


async def report(world: World, instruction_id: str, what: Outcome) -> None:
    said = Report(instruction_id=instruction_id, outcome=what)
    await world.do(lambda connection: outcome.settle(connection, world.agent.agent_id, said, 4))


async def complete_turns(world: World, turns: int) -> None:
    sums = replace(SUMS, turns=turns)
    await world.do(lambda connection: progress.save_fold(connection, world.session_id, 0, b"", sums, 4))


async def test_a_lost_session_is_resumed_with_what_it_had_last(world: World) -> None:
    await complete_turns(world, 1)  # the log says: model opus, permission mode plan
    await lose(world)
    (started,) = (await look(world)).issued
    body = json.loads(started.body)
    assert (body["epoch"], body["directory"], body["model"], body["permission_mode"], body["goes_on"]) == (
        2,
        "/work",
        "opus",
        "plan",
        True,
    )
    assert started.id == resumption.start_id(world.session_id, 2)
    session = await world.session()
    assert (session.state, session.epoch, session.reason) == (SessionState.QUEUED, 2, None)


@pytest.mark.parametrize("turns", [0, 1])
async def test_only_what_claude_may_not_have_on_its_disk_is_begun_anew(world: World, turns: int) -> None:
    """I-15: a terminal that had been a chat began empty, and said nothing, where what Claude had kept was gone."""
    await complete_turns(world, turns)
    await lose(world, EndReason.EXITED)
    for mode in (Mode.TERMINAL, Mode.CHAT):
        place = await world.place()
        body = await world.do(partial(starting.next_epoch, place=place, mode=mode, inputs=()))
        assert body.may_begin is not bool(turns)
        await world.do(
            partial(
                reopening.reopen,
                session_id=world.session_id,
                epoch=place.epoch,
                mode=mode,
                now_ms=6,
            )
        )
        await lose(world, EndReason.EXITED)


async def test_one_loss_leads_to_one_start_however_many_see_it(world: World) -> None:
    await lose(world)
    done = await asyncio.gather(
        *[world.do(lambda connection: resumption.resume_by_itself(connection, world.session_id, 6)) for _ in range(5)]
    )
    assert sorted(each.answer for each in done) == [0, 0, 0, 0, 1]
    assert (await world.session()).epoch == 2


async def test_a_session_is_queued_again_once_after_each_end(world: World) -> None:
    def reopen(connection: Connection) -> bool:
        return reopening.reopen(connection, world.session_id, 1, Mode.CHAT, 6)

    assert not await world.do(reopen), "it has not ended"
    await lose(world)
    assert [await world.do(reopen) for _ in range(2)] == [True, False]
    await lose(world)
    assert not await world.do(reopen), "another epoch ended"


async def test_a_resume_that_is_asked_for_twice_under_one_id_starts_the_session_and_its_prompt_once(
    world: World,
) -> None:
    await lose(world)
    place = await world.place()
    prompt_id = str(uuid4())

    def resume(connection: Connection, text: str = "go on") -> Accepted[Session]:
        return starting.resume(connection, place, text, world.asker, 6, start_id=prompt_id)

    first, again = [await world.do(resume) for _ in range(2)]
    assert len(first.issued) == 1
    assert (again.answer, again.issued) == (first.answer, ())
    sent = await world.do(lambda connection: accept.command(connection, place, "go on", prompt_id, world.asker, 7))
    assert (sent.answer.id, sent.issued) == (prompt_id, ())
    with pytest.raises(Conflict):
        await world.do(lambda connection: resume(connection, "another"))


async def test_who_resumes_one_session_asks_for_that_one_alone(world: World) -> None:
    await lose(world)
    for wanted, found in ((None, [world.session_id]), (world.session_id, [world.session_id]), (str(uuid4()), [])):
        assert await world.store.read(partial(reopening.to_resume, session_id=wanted)) == found


@pytest.mark.parametrize("reason", [EndReason.EXITED, EndReason.TERMINATED, EndReason.FAILED])
async def test_what_ended_otherwise_stays_ended(world: World, reason: EndReason) -> None:
    await lose(world, reason)
    assert (await look(world)).issued == ()


async def test_what_nobody_chose_to_resume_by_itself_waits_for_a_person(world: World) -> None:
    await world.do(lambda connection: sessions.set_resume(connection, world.session_id, Resume.MANUAL))
    await lose(world)
    assert (await look(world)).issued == ()


async def test_a_session_that_somebody_wanted_to_end_is_not_resumed(world: World) -> None:
    place = await world.place()
    await world.do(lambda connection: accept.terminate(connection, place, world.asker, 3))
    await lose(world)
    assert (await look(world)).issued == ()
    assert await look(world) == Accepted(0, "")
    assert (await world.session()).state is SessionState.ENDED


async def test_it_waits_until_the_log_is_folded_to_its_end(world: World) -> None:
    batch = world.output().batch(1, b"one")
    await world.do(lambda connection: log.append(connection, world.source(), batch, 9))
    await lose(world)
    assert (await look(world)).issued == ()
    await world.do(lambda connection: progress.save_fold(connection, world.session_id, 1, b"", SUMS, 4))
    (started,) = (await look(world)).issued
    assert json.loads(started.body)["first_seq"] == 2


async def test_without_a_completed_turn_in_between_it_gives_up_and_says_so(world: World) -> None:
    for _ in range(MOST_RESUMPTIONS):
        await lose(world)
        assert len((await look(world)).issued) == 1
    await lose(world)
    assert (await look(world)).issued == ()
    assert (await world.session()).detail == f"The process that held the session died. {GIVEN_UP}"
    place = await world.place()
    await world.do(lambda connection: starting.resume(connection, place, None, world.asker, 7))
    await lose(world)
    assert len((await look(world)).issued) == 1, "a person's resumption begins the count anew"


async def test_a_completed_turn_begins_the_count_anew(world: World) -> None:
    for turns in range(1, 2 * MOST_RESUMPTIONS):
        await complete_turns(world, turns)
        await lose(world)
        assert len((await look(world)).issued) == 1


async def test_what_was_lost_before_claude_had_it_is_asked_again_once_in_order(world: World) -> None:
    lost = [await send(world, text) for text in ("first", "second")]
    doubtful = await send(world, "perhaps done")
    await lose(world)
    await look(world)
    for each in lost:
        await report(world, each.id, Outcome.SESSION_LOST)
    await report(world, doubtful.id, Outcome.UNKNOWN)
    assert await world.store.read(asked.with_lost_prompts) == [world.session_id]
    again = await world.do(lambda connection: resumption.ask_again(connection, world.session_id, 7))
    given = [json.loads(entry.body)["input"] for entry in again.issued]
    assert [entry["id"] for entry in given] == [each.id for each in lost]
    assert await world.store.read(asked.with_lost_prompts) == []
    listed = await world.store.read(lambda connection: instructions.of_session(connection, world.session_id, 9))
    assert [each.state for each in listed] == ["sent", "retried", "retried", "unknown", "sent", "sent", "sent"]
    for entry in again.issued:
        await report(world, entry.id, Outcome.SESSION_LOST)
    once = await world.do(lambda connection: resumption.ask_again(connection, world.session_id, 8))
    assert once.issued == (), "one loss has it tried again once"


async def test_what_was_lost_is_left_to_a_person_where_a_person_resumes(world: World) -> None:
    sent = await send(world, "first")
    await lose(world)
    place = await world.place()
    await world.do(lambda connection: starting.resume(connection, place, None, world.asker, 6))
    await report(world, sent.id, Outcome.SESSION_LOST)
    again = await world.do(lambda connection: resumption.ask_again(connection, world.session_id, 7))
    assert again.issued == ()


async def show(world: World, *prompts: tuple[str, str | None]) -> None:
    """Let the log tell of prompts, by uuid and what became of each; the first one is that of the start."""
    shown = [
        Entry(no, "user", {"text": "", "uuid": uuid, "state": became}, no, no, 1, None)
        for no, (uuid, became) in enumerate([(world.session_id, "done"), *prompts], 1)
    ]
    await world.do(lambda connection: items.put(connection, world.session_id, shown))


async def carried(world: World) -> dict[str, str]:
    """Let the session resume by itself; return the prompts that its start carries, by uuid."""
    await lose(world)
    (started,) = (await look(world)).issued
    given = json.loads(started.body).get("inputs", [])
    return {entry["id"]: json.loads(entry["line"])["message"]["content"] for entry in given}


async def test_what_claude_had_in_its_own_queue_goes_with_the_start(world: World) -> None:
    begun, waited = await send(world, "begun"), await send(world, "waited")
    for each in (begun, waited):
        await report(world, each.id, Outcome.DONE)
    await show(world, (begun.id, "done"), (waited.id, None))
    assert await carried(world) == {waited.id: "waited"}


async def test_what_claude_had_goes_with_the_start_though_its_report_is_not_here_yet(world: World) -> None:
    """The prompt was left out where the power was lost before the agent's report came: Claude never saw it through."""
    taken, begun = await send(world, "in the agent's journal alone"), await send(world, "begun")
    await world.do(lambda connection: instructions.mark_taken(connection, world.agent.agent_id, 3))
    sent = await send(world, "sent alone, as far as is known here")
    await show(world, (begun.id, None), (sent.id, None))
    assert await carried(world) == {begun.id: "begun", sent.id: "sent alone, as far as is known here"}
    listed = await world.store.read(lambda connection: instructions.of_session(connection, world.session_id, 9))
    assert [each.state for each in listed if each.id == taken.id] == ["taken"], "its agent says what became of it"


async def test_what_is_too_much_for_the_message_of_the_start_follows_it_as_commands(world: World) -> None:
    """An agent broke off at such a start, registered anew and was sent it again, for ever."""
    prompts = [
        await send(world, text, [png(800, 800, seed=place)]) for place, text in enumerate(("one", "two", "three"))
    ]
    await show(world, *[(each.id, None) for each in prompts])
    for _ in range(2):  # and nothing of it is lost with the next process
        await lose(world)
        issued = (await look(world)).issued
        for entry in issued:
            as_sent = messages.Instruction(
                iseq=entry.iseq,
                id=entry.id,
                kind=entry.kind,
                body=entry.body,
                issued_ms=entry.issued_ms,
                expires_ms=entry.expires_ms,
                signature="0" * 64,
            )
            assert decode_from_server(encode([as_sent])) == [as_sent]
        given = [*json.loads(issued[0].body)["inputs"], *[json.loads(entry.body)["input"] for entry in issued[1:]]]
        assert [entry["id"] for entry in given] == [each.id for each in prompts]
        assert [entry.iseq for entry in issued] == list(range(issued[0].iseq, issued[0].iseq + len(issued)))
        assert len(issued) == 3
    listed = await world.store.read(lambda connection: instructions.of_session(connection, world.session_id, 99))
    assert [(each.text, each.images, each.input_id) for each in listed[-2:]] == [
        (each.text, 1, each.id) for each in prompts[1:]
    ]


async def test_what_followed_a_start_and_is_lost_with_its_process_goes_with_the_next_one(world: World) -> None:
    """Claude had not read these prompts when it was lost again, and then they stayed undone."""
    prompts = [
        await send(world, text, [png(800, 800, seed=place)]) for place, text in enumerate(("one", "two", "three"))
    ]
    await show(world, *[(each.id, None) for each in prompts])
    await lose(world)
    _, *beside = (await look(world)).issued
    assert len(beside) == 2
    await show(world, (prompts[0].id, "done"))
    for entry in beside:
        await report(world, entry.id, Outcome.SESSION_LOST)
    await lose(world)
    start, after = (await look(world)).issued
    given = [*json.loads(start.body)["inputs"], json.loads(after.body)["input"]]
    assert [entry["id"] for entry in given] == [each.id for each in prompts[1:]]
    listed = await world.store.read(lambda connection: instructions.of_session(connection, world.session_id, 99))
    assert [each.state for each in listed if each.id in [entry.id for entry in beside]] == ["retried", "retried"]


async def test_what_no_message_can_hold_is_refused_to_the_one_who_asks(world: World) -> None:
    with pytest.raises(InputInvalid, match="too much for one message"):
        await send(world, "\x01" * MAX_PROMPT_BYTES)
    draft = Draft(str(uuid4()), InstructionKind.COMMAND, world.session_id, '"' * (MAX_MESSAGE_BYTES // 2), 9)
    with pytest.raises(InputInvalid, match="Send less"):
        await world.do(lambda connection: issuing.issue(connection, world.agent.agent_id, [draft], None, 1))


async def test_what_was_reported_as_done_and_is_missing_in_the_log_goes_with_the_start(world: World) -> None:
    """The report was quicker than the disk, which lost the frame together with the power."""
    sent = await send(world, "lost with the disk")
    await report(world, sent.id, Outcome.DONE)
    await show(world)
    assert await carried(world) == {sent.id: "lost with the disk"}


async def test_what_the_machine_cannot_tell_of_but_the_log_does_is_sent_again_and_needs_nobody(world: World) -> None:
    known, unknown = await send(world, "in the log"), await send(world, "nowhere")
    for each in (known, unknown):
        await report(world, each.id, Outcome.UNKNOWN)
    await show(world, (known.id, None))
    assert await carried(world) == {known.id: "in the log"}
    listed = await world.store.read(lambda connection: instructions.of_session(connection, world.session_id, 9))
    assert [each.state for each in listed] == ["sent", "retried", "unknown", "sent"]
    assert listed[1].message == resumption.CARRIED


async def test_the_first_prompt_goes_with_the_start_where_no_log_tells_of_it(world: World) -> None:
    """The machine was lost with its state directory between taking the session and starting it."""
    assert await carried(world) == {world.session_id: "hello there"}


async def test_the_prompt_of_a_lost_terminal_comes_again_only_where_its_log_does_not_tell_of_it(world: World) -> None:
    """V-5: a terminal that was lost before Claude was ready went on without what it had been asked."""
    lost = await another(world, Mode.TERMINAL, "not typed")
    typed = await another(world, Mode.TERMINAL, "typed")
    for session_id, events in ((lost, ["started"]), (typed, ["started", typed])):
        frames = [event("input", id=name) if name == typed else event(name) for name in events]
        batch = world.agent.output(session_id).batch(1, (Stream.PTY, b"\xff{"), *frames)
        await world.do(lambda connection, batch=batch: log.append(connection, world.source(), batch, 9))  # type: ignore[misc]
        await world.do(
            lambda connection, session_id=session_id: progress.save_fold(connection, session_id, 9, b"", SUMS, 4)  # type: ignore[misc]
        )
        await lose(replace(world, session_id=session_id))
    bodies = {}
    for session_id in (lost, typed):
        started = await world.do(partial(resumption.resume_by_itself, session_id=session_id, now_ms=6))
        bodies[session_id] = json.loads(started.issued[0].body)
    assert [given["line"] for given in bodies[lost].get("inputs", [])] == ["not typed"]
    assert bodies[typed].get("inputs", []) == []


async def test_two_servers_that_look_at_once_do_each_thing_once(world: World, database_url: str) -> None:
    """Replicas share nothing but the database, and hear of a loss at the same time."""
    lost = [world.session_id, *[await another(world) for _ in range(5)]]
    worlds = [replace(world, session_id=session_id) for session_id in lost]
    waited = [await send(each, "waits") for each in worlds]
    other = Store(database_url)
    try:
        servers = [resumer(store, Mailbox(store, MemoryBus(), lambda: 6)) for store in (world.store, other)]
        for each in worlds:
            await lose(each)
        await asyncio.gather(*[server.look() for server in servers])
        for each, prompt in zip(worlds, waited, strict=True):
            await report(each, prompt.id, Outcome.SESSION_LOST)
        await asyncio.gather(*[server.look() for server in servers])
    finally:
        other.close()
    for each in worlds:
        listed = await world.store.read(partial(instructions.of_session, session_id=each.session_id, limit=9))
        assert [(entry.kind, entry.state) for entry in listed] == [
            ("start_session", "sent"),
            ("command", "retried"),
            ("start_session", "sent"),
            ("command", "sent"),
        ]
        assert (await each.session()).epoch == 2


async def test_a_session_that_cannot_be_resumed_keeps_no_other_from_it(world: World) -> None:
    """An agent with too much waiting for it held up every session that was lost after its own."""

    class Full(Mailbox):
        async def accept(self, work: Callable[[Connection], Accepted[T]]) -> T:
            if not tried:
                tried.append(1)
                raise TooMany
            return await super().accept(work)

    tried: list[int] = []
    second = await another(world)
    for session_id in (world.session_id, second):
        await lose(replace(world, session_id=session_id))
    await resumer(world.store, Full(world.store, MemoryBus(), lambda: 6)).look()
    assert [(await replace(world, session_id=each).session()).epoch for each in (world.session_id, second)] == [1, 2]


@pytest.mark.parametrize("waits", [False, True], ids=["a command", "a prompt that waits"])
async def test_a_start_whose_id_a_person_has_chosen_leaves_its_session_to_people_and_others_go_on(
    world: World, waits: bool
) -> None:
    """The id can be worked out. Each look at the session raised, and took the server down, after a restart too."""
    second = await another(world)
    place, chosen = await world.place(), resumption.start_id(world.session_id, 2)
    if waits:
        await world.do(lambda connection: waiting.add(connection, place, chosen, "chosen", world.asker, 2))
    else:
        await world.do(lambda connection: accept.command(connection, place, "chosen", chosen, world.asker, 2))
    for session_id in (world.session_id, second):
        await lose(replace(world, session_id=session_id))
    assert await resumer(world.store, Mailbox(world.store, MemoryBus(), lambda: 6)).look()
    assert [(await replace(world, session_id=each).session()).epoch for each in (world.session_id, second)] == [1, 2]
    assert await world.store.read(reopening.to_resume) == []
    await world.do(lambda connection: starting.resume(connection, place, None, world.asker, 7))
    assert (await world.session()).epoch == 2


def resumer(store: Store, mailbox: Mailbox) -> Caretaker:
    return Caretaker(store, mailbox, MemoryBus(), lambda: 6, news=NEWS, duties=DUTIES, sweep_seconds=SWEEP_SECONDS)


async def another(world: World, mode: Mode = Mode.CHAT, prompt: str | None = None) -> str:
    """Start another session of the same agent that is to resume by itself; return its id."""
    new = NewSession(
        str(uuid4()),
        world.project_id,
        world.agent.agent_id,
        "",
        mode,
        "/work",
        None,
        PermissionMode.DEFAULT,
        Resume.AUTOMATIC,
    )
    await world.do(lambda connection: starting.start(connection, new, prompt, world.asker, 1))
    return new.id

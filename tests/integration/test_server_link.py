"""The agent's link to the server, over real sockets: registration, output, instructions, and what is refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import orjson
import pytest
from websockets.exceptions import InvalidStatus

from claudios.protocol.codec import CompressedBatch, compress, encode
from claudios.protocol.frame import decode
from claudios.protocol.ids import AGENT_TOKEN, agent_keys, new_token
from claudios.protocol.messages import (
    Ack,
    Bye,
    Command,
    EndReason,
    Instruction,
    InstructionKind,
    Outcome,
    Received,
    Report,
    Reported,
    Rewind,
    SessionState,
    SessionStatus,
    StartSession,
    Status,
    Tune,
    Welcome,
    parse_body,
)
from claudios.protocol.signing import GENESIS, Batch, sign_instruction
from claudios.server.serving import Serving, running
from tests.helpers.server import People, Person
from tests.helpers.synthetic_agent import Link, Output, SyntheticAgent, event, forged, line, new_agent, take
from tests.helpers.viewers import log_viewer, page

pytestmark = pytest.mark.integration


@pytest.fixture
async def owner(people: People) -> Person:
    return await people.owner()


@pytest.fixture
async def agent(server: Serving, owner: Person) -> SyntheticAgent:
    return await new_agent(owner, server.url)


async def started(owner: Person, agent: SyntheticAgent, **wanted: object) -> str:
    """Start a session and return its id."""
    session = await owner.ask(
        "POST", f"/projects/{agent.project_id}/sessions", {"agent_id": agent.agent_id, "prompt": "hello", **wanted}
    )
    session_id: str = session["id"]
    return session_id


async def until_kept(link: Link) -> None:
    """Wait until all that this registration said before is committed: a report is, in its turn, and is answered."""
    await link.say(Report(instruction_id=str(uuid4()), outcome=Outcome.DONE))
    await link.expect(Reported)


async def stored(owner: Person, session_id: str) -> list[bytes]:
    """Return the payloads of the stored log."""
    answer = await owner.http.get(f"/api/v1/sessions/{session_id}/frames")
    return [frame.payload for frame in decode(answer.content)]


async def audited(owner: Person) -> list[str]:
    """Return the details of the refused batches in the audit log."""
    lines = await owner.ask("GET", "/audit")
    return [line["detail"] for line in lines if line["action"] == "batch_refused"]


async def test_output_is_stored_and_acknowledged(owner: Person, agent: SyntheticAgent) -> None:
    session_id = await started(owner, agent)
    output = agent.output(session_id)
    async with agent.link() as link:
        await link.say(output.batch(link.boot, b"one\n", b"two\n"))
        assert (await link.expect(Ack)).seq == 2
    assert await stored(owner, session_id) == [b"one\n", b"two\n"]
    assert (await owner.ask("GET", f"/sessions/{session_id}/verify"))["verified"] is True


async def test_compressed_output_is_stored_and_exported_as_it_was_signed(owner: Person, agent: SyntheticAgent) -> None:
    """W-7, R-6: nothing that is stored tells how it came."""
    session_id = await started(owner, agent)
    output = agent.output(session_id)
    async with agent.link() as link:
        batch = output.batch(link.boot, *[b"line %d\n" % n for n in range(100)])
        compressed = compress(batch)
        assert isinstance(compressed, CompressedBatch)
        await link.say(compressed, output.batch(link.boot, b"and one beside it\n"))
        await link.expect(Ack, lambda ack: ack.seq == 101)
    assert (await owner.ask("GET", f"/sessions/{session_id}/verify"))["verified"] is True
    exported = (await owner.http.get(f"/api/v1/sessions/{session_id}/export")).content
    assert encode([batch]) in exported


class TestRefusedOutput:
    @pytest.fixture
    async def session_id(self, owner: Person, agent: SyntheticAgent) -> str:
        return await started(owner, agent)

    @pytest.fixture
    def output(self, agent: SyntheticAgent, session_id: str) -> Output:
        return agent.output(session_id)

    async def refused(self, owner: Person, link: Link, session_id: str, batch: Batch, code: str) -> Rewind:
        """Send a batch; check that it is refused with `code` and audited, and that nothing of it is stored."""
        before = await stored(owner, session_id)
        await link.say(batch)
        rewind = await link.answer()
        assert isinstance(rewind, Rewind)
        assert rewind.code == code
        assert await stored(owner, session_id) == before
        return rewind

    @pytest.mark.fault("X1")
    async def test_a_batch_with_a_forged_signature_is_refused_audited_and_not_stored(
        self, owner: Person, agent: SyntheticAgent, session_id: str, output: Output
    ) -> None:
        async with agent.link() as link:
            good = output.batch(link.boot, b"one\n")
            await self.refused(owner, link, session_id, forged(good), "signature_invalid")
            assert len(await audited(owner)) == 1
            await link.say(good)
            assert (await link.expect(Ack)).seq == 1

    @pytest.mark.fault("X1")
    async def test_a_batch_signed_with_another_key_is_refused(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        other = agent_keys(new_token(AGENT_TOKEN))
        output = Output(other, agent.agent_id, session_id)
        async with agent.link() as link:
            await self.refused(owner, link, session_id, output.batch(link.boot, b"one\n"), "signature_invalid")

    @pytest.mark.fault("X1")
    async def test_frames_that_were_changed_after_signing_are_refused(
        self, owner: Person, agent: SyntheticAgent, session_id: str, output: Output
    ) -> None:
        async with agent.link() as link:
            good = output.batch(link.boot, b"one\n")
            other = agent.output(session_id).batch(link.boot, b"two\n")
            swapped = replace(good, frames=other.frames)
            await self.refused(owner, link, session_id, swapped, "chain_broken")
            assert await audited(owner)

    @pytest.mark.fault("X7")
    async def test_output_for_another_agents_session_is_refused_and_tells_nothing_of_it(
        self, server: Serving, owner: Person, agent: SyntheticAgent, session_id: str, output: Output
    ) -> None:
        intruder = await new_agent(owner, server.url, agent.project_id, "intruder")
        async with agent.link() as link:
            await link.say(output.batch(link.boot, b"mine\n"))
            await link.expect(Ack)
        async with intruder.link() as link:
            theirs = intruder.output(session_id)
            rewind = await self.refused(owner, link, session_id, theirs.batch(link.boot, b"x"), "not_found")
            assert (rewind.seq, rewind.head) == (0, GENESIS.hex())
            unknown = "00000000-0000-4000-8000-000000000000"
            await link.say(intruder.output(unknown).batch(link.boot, b"x"))
            same = await link.expect(Rewind)
            assert same.model_dump(exclude={"session_id"}) == rewind.model_dump(exclude={"session_id"})
        assert len(await audited(owner)) == 2

    async def test_output_of_an_epoch_that_the_server_never_opened_is_refused(
        self, owner: Person, agent: SyntheticAgent, session_id: str
    ) -> None:
        async with agent.link() as link:
            await self.refused(
                owner, link, session_id, agent.output(session_id, epoch=2).batch(link.boot, b"x"), "out_of_order"
            )

    @pytest.mark.fault("X2")
    async def test_a_batch_of_an_older_registration_ends_the_link(
        self, owner: Person, agent: SyntheticAgent, session_id: str, output: Output
    ) -> None:
        async with agent.link() as older:
            batch = output.batch(older.boot, b"one\n")
        async with agent.link() as link:
            await link.say(batch)
            assert (await link.expect(Bye)).code == "superseded"
            await link.until_closed()
        assert await stored(owner, session_id) == []


class TestRepeatedOutput:
    @pytest.mark.fault("X2")
    async def test_a_replayed_batch_is_acknowledged_again_and_stored_once(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        session_id = await started(owner, agent)
        output = agent.output(session_id)
        async with agent.link() as link:
            first, second = output.batch(link.boot, b"one\n"), output.batch(link.boot, b"two\n")
            await link.say(first, second)
            assert (await link.expect(Ack, lambda ack: ack.seq == 2)).seq == 2
            await link.say(first)
            assert (await link.expect(Ack)).seq == 2
        assert await stored(owner, session_id) == [b"one\n", b"two\n"]

    async def test_an_acknowledgement_that_was_lost_leads_to_no_double_and_no_gap(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        session_id = await started(owner, agent)
        output = agent.output(session_id)
        async with agent.link() as link:
            batch = output.batch(link.boot, b"one\n")
            await link.say(batch)
            await link.expect(Ack)  # the agent, however, dies before it has read this
            await link.cut()
        status = SessionStatus(session_id=session_id, epoch=1, state=SessionState.RUNNING)
        async with agent.link(status) as link:
            welcome = next(message for message in link.heard if isinstance(message, Welcome))
            (cursor,) = welcome.cursors
            assert (cursor.seq, cursor.head) == (1, output.head.hex())
            await link.say(output.resealed(batch, link.boot), output.batch(link.boot, b"two\n"))
            await link.expect(Ack, lambda ack: ack.seq == 2)
        assert await stored(owner, session_id) == [b"one\n", b"two\n"]

    async def test_a_gap_is_answered_with_where_to_go_on(self, owner: Person, agent: SyntheticAgent) -> None:
        session_id = await started(owner, agent)
        output = agent.output(session_id)
        async with agent.link() as link:
            missing, late = output.batch(link.boot, b"one\n"), output.batch(link.boot, b"two\n")
            await link.say(late)
            rewind = await link.expect(Rewind)
            assert (rewind.seq, rewind.head, rewind.code) == (0, GENESIS.hex(), "out_of_order")
            await link.say(missing, late)
            await link.expect(Ack, lambda ack: ack.seq == 2)
        assert await audited(owner) == []

    async def test_a_partial_overlap_is_answered_with_where_to_go_on(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        session_id = await started(owner, agent)
        output, again = agent.output(session_id), agent.output(session_id)
        async with agent.link() as link:
            await link.say(output.batch(link.boot, b"one\n"))
            await link.expect(Ack)
            await link.say(again.batch(link.boot, b"one\n", b"two\n"))
            rewind = await link.expect(Rewind)
            assert (rewind.seq, rewind.head) == (1, output.head.hex())
            await link.say(output.batch(link.boot, b"two\n"))
            assert (await link.expect(Ack)).seq == 2
        assert await stored(owner, session_id) == [b"one\n", b"two\n"]

    async def test_another_history_of_the_same_frames_is_refused_as_a_broken_chain(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        session_id = await started(owner, agent)
        output, other = agent.output(session_id), agent.output(session_id)
        async with agent.link() as link:
            await link.say(output.batch(link.boot, b"one\n"))
            await link.expect(Ack)
            other.batch(link.boot, b"else\n")
            await link.say(other.batch(link.boot, b"two\n"))
            assert (await link.expect(Rewind)).code == "chain_broken"
        assert await stored(owner, session_id) == [b"one\n"]


class TestInstructions:
    async def test_a_session_is_started_by_a_signed_instruction(self, owner: Person, agent: SyntheticAgent) -> None:
        async with agent.link() as link:
            session_id = await started(owner, agent, directory="/work", permission_mode="plan")
            (instruction,) = await take(link, agent)
            assert instruction.kind is InstructionKind.START_SESSION
            signature = sign_instruction(
                agent.keys.instruct,
                agent.agent_id,
                iseq=instruction.iseq,
                instruction_id=instruction.id,
                kind=instruction.kind,
                body=instruction.body,
                issued_ms=instruction.issued_ms,
                expires_ms=instruction.expires_ms,
            )
            assert instruction.signature == signature.hex()
            body = parse_body(instruction.kind, instruction.body)
            assert isinstance(body, StartSession)
            assert (body.session_id, body.directory, body.permission_mode) == (session_id, "/work", "plan")
            assert '"content":"hello"' in body.inputs[0].line

    async def test_what_was_asked_while_the_agent_was_away_comes_when_it_is_back(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        session_id = await started(owner, agent)
        await owner.ask("POST", f"/sessions/{session_id}/commands", {"text": "and then"})
        async with agent.link() as link:
            start, command = await take(link, agent, 2)
            assert (start.iseq, command.iseq) == (1, 2)
            body = parse_body(command.kind, command.body)
            assert isinstance(body, Command)
            assert body.input.id == command.id

    async def test_an_instruction_that_is_not_in_the_journal_comes_again_after_a_reconnect(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        await started(owner, agent)
        async with agent.link() as link:
            first = await link.expect(Instruction)
            await link.cut()
        async with agent.link() as link:
            again = await link.expect(Instruction)
            assert again == first
            await link.say(Received(iseq=again.iseq))
            agent.received = again.iseq
        async with agent.link() as link:
            await started(owner, agent)
            assert (await link.expect(Instruction)).iseq == 2

    async def test_a_report_is_kept_confirmed_and_shown(self, owner: Person, agent: SyntheticAgent) -> None:
        async with agent.link() as link:
            session_id = await started(owner, agent)
            (start,) = await take(link, agent)
            for _ in range(2):  # the confirmation of the first one may have been lost
                await link.say(Report(instruction_id=start.id, outcome=Outcome.DONE))
                assert start.id in (await link.expect(Reported)).instruction_ids
        (shown,) = await owner.ask("GET", f"/sessions/{session_id}/instructions")
        assert (shown["state"], shown["text"]) == ("done", "hello")

    async def test_a_command_sent_twice_with_one_id_is_issued_once(self, owner: Person, agent: SyntheticAgent) -> None:
        session_id = await started(owner, agent)
        same = {"text": "once", "id": "00000000-0000-4000-8000-00000000000a"}
        first = await owner.ask("POST", f"/sessions/{session_id}/commands", same)
        assert await owner.ask("POST", f"/sessions/{session_id}/commands", same) == first
        await owner.ask("POST", f"/sessions/{session_id}/commands", same | {"text": "other"}, expect=409)
        assert len(await owner.ask("GET", f"/sessions/{session_id}/instructions")) == 2

    async def test_a_start_that_the_agent_refuses_ends_the_session_with_the_reason(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        async with agent.link() as link:
            session_id = await started(owner, agent)
            (start,) = await take(link, agent)
            await link.say(
                Report(instruction_id=start.id, outcome=Outcome.REFUSED, code="policy_forbids", message="Not there.")
            )
            await link.expect(Reported)
        session = await owner.ask("GET", f"/sessions/{session_id}")
        assert (session["state"], session["reason"], session["detail"]) == ("ended", "failed", "Not there.")
        await owner.ask("POST", f"/sessions/{session_id}/commands", {"text": "x"}, expect=409)

    async def test_many_instructions_arrive_in_order_and_only_a_window_ahead_of_the_journal(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        session_id = await started(owner, agent)
        for number in range(99):
            await owner.ask("POST", f"/sessions/{session_id}/commands", {"text": str(number)})
        async with agent.link() as link:
            iseqs: list[int] = []
            while len(iseqs) < 100:
                entry = await link.expect(Instruction)
                iseqs.append(entry.iseq)
                assert entry.iseq <= agent.received + 64
                if entry.iseq % 10 == 0:
                    agent.received = entry.iseq
                    await link.say(Received(iseq=entry.iseq))
        assert iseqs == list(range(1, 101))

    async def test_an_agent_that_lost_its_journal_is_told_of_old_instructions_only_as_expired(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        async with agent.link() as link:
            session_id = await started(owner, agent)
            await take(link, agent)
        agent.received = 0
        async with agent.link() as link:
            again = await link.expect(Instruction)
            assert again.expires_ms == again.issued_ms
        (shown,) = await owner.ask("GET", f"/sessions/{session_id}/instructions")
        assert shown["state"] == "unknown"


class TestRegistration:
    async def test_a_newer_registration_supersedes_the_older(self, agent: SyntheticAgent) -> None:
        async with agent.link() as older, agent.link() as newer:
            assert newer.boot == older.boot + 1
            assert (await older.expect(Bye)).code == "superseded"
            await older.until_closed()

    async def test_a_hello_that_comes_late_does_not_cut_off_the_agents_newer_connection(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        """L-5. It also used to end what the newer connection had taken as unknown, by its older cursor."""
        session_id = await started(owner, agent)
        async with agent.socket() as late, agent.socket() as living:
            await living.say(agent.hello().model_copy(update={"opening": 2}))
            boot = (await living.expect(Welcome)).boot
            (start,) = await take(living, agent)
            await until_kept(living)
            await late.say(agent.hello(received=0).model_copy(update={"opening": 1}))
            assert (await late.expect(Bye)).code == "superseded"
            await living.say(agent.output(session_id).batch(boot, b"still here\n"))
            assert (await living.expect(Ack)).seq == 1
            await living.say(Report(instruction_id=start.id, outcome=Outcome.DONE))
            await living.expect(Reported)
        (shown,) = await owner.ask("GET", f"/sessions/{session_id}/instructions")
        assert shown["state"] == "done"

    async def test_an_agent_is_shown_online_only_while_it_is(self, owner: Person, agent: SyntheticAgent) -> None:
        async with page(owner) as watching:
            await watching.say(type="overview")
            await watching.say(type="ping")
            await watching.expect("pong")
            async with agent.link():
                shown = await owner.ask("GET", f"/agents/{agent.agent_id}")
                assert (shown["online"], shown["carrier"], shown["machine"]["hostname"]) == (True, "websocket", "bench")
            await watching.expect("agent", matching=lambda message: message["agent"]["online"])
            await watching.expect("agent", matching=lambda message: not message["agent"]["online"])

    async def test_an_unknown_bearer_is_refused_before_the_upgrade(self, agent: SyntheticAgent) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with agent.socket(agent_keys(new_token(AGENT_TOKEN)).auth):
                raise AssertionError
        assert refused.value.response.status_code == 401

    async def test_a_revoked_token_cuts_the_link(self, owner: Person, agent: SyntheticAgent) -> None:
        async with agent.link() as link:
            await owner.ask("POST", f"/agents/{agent.agent_id}/revoke")
            assert (await link.expect(Bye)).code == "not_signed_in"
            await link.until_closed()

    async def test_a_polling_agent_is_refused_as_soon_as_its_token_is_revoked(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        async with agent.poller() as poller:
            await poller.register()
            assert await poller.sync() == []
            held = asyncio.create_task(poller.sync(wait_ms=30_000))
            await owner.ask("POST", f"/agents/{agent.agent_id}/revoke")
            (bye,) = await held
            assert isinstance(bye, Bye)
            assert (await poller.post()).status_code == 401

    async def test_what_is_not_hello_first_ends_the_link(self, agent: SyntheticAgent) -> None:
        async with agent.socket() as link:
            await link.say(Received(iseq=0))
            assert (await link.expect(Bye)).code == "out_of_order"

    @pytest.mark.fault("X5")
    async def test_bytes_that_are_no_messages_end_the_link_and_nothing_else(self, agent: SyntheticAgent) -> None:
        async with agent.link() as link:
            await link.socket.send(b"\x07\x00\x00\x00\x00")
            assert (await link.expect(Bye)).code == "message_invalid"
        async with agent.link():
            pass

    async def test_a_session_that_the_agent_no_longer_knows_is_ended_as_lost(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        async with agent.link() as link:
            session_id = await started(owner, agent)
            (start,) = await take(link, agent)
            await link.say(Report(instruction_id=start.id, outcome=Outcome.DONE))
            await link.expect(Reported)
        async with agent.link():
            session = await owner.ask("GET", f"/sessions/{session_id}")
        assert (session["state"], session["reason"]) == ("ended", "lost")

    async def test_a_session_whose_start_is_still_on_its_way_is_not_taken_for_lost(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        session_id = await started(owner, agent)
        async with agent.link():
            session = await owner.ask("GET", f"/sessions/{session_id}")
        assert session["state"] == "queued"

    async def test_the_agents_word_on_its_sessions_is_kept(self, owner: Person, agent: SyntheticAgent) -> None:
        session_id = await started(owner, agent)
        ended = SessionStatus(
            session_id=session_id,
            epoch=1,
            state=SessionState.ENDED,
            reason=EndReason.LOST,
            detail="The machine was restarted.",
        )
        status = Status(load=0.5, memory_used_bytes=1, disk_free_bytes=2, agent_memory_bytes=3, sessions=(ended,))
        async with agent.link() as link:
            await link.say(status)
            await until_kept(link)
            session = await owner.ask("GET", f"/sessions/{session_id}")
            assert (session["state"], session["reason"]) == ("ended", "lost")
            assert (await owner.ask("GET", f"/agents/{agent.agent_id}"))["status"]["load"] == 0.5

    async def test_a_session_is_not_shown_as_ended_before_its_last_output_is_stored(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        """O-8: `logs` right after the end lacked the last lines."""
        session_id = await started(owner, agent)
        output = agent.output(session_id)
        ended = SessionStatus(
            session_id=session_id, epoch=1, state=SessionState.ENDED, reason=EndReason.EXITED, exit_code=0, last_seq=3
        )
        status = Status(load=0.5, memory_used_bytes=1, disk_free_bytes=2, agent_memory_bytes=3, sessions=(ended,))
        async with agent.link() as link:
            await link.say(status, output.batch(link.boot, event("started", pid=1), b"the first\n"))
            await link.expect(Ack)
            await until_kept(link)
            assert (await owner.ask("GET", f"/sessions/{session_id}"))["state"] != "ended"
            await link.say(output.batch(link.boot, b"the last\n"))
            await link.expect(Ack)
            await link.say(status)
            await until_kept(link)
            session = await owner.ask("GET", f"/sessions/{session_id}")
            assert (session["state"], session["reason"]) == ("ended", "exited")

    @pytest.mark.parametrize("subtype", ["hook_callback", "elicitation", "mcp_message", "never heard of"])
    async def test_a_control_request_that_nobody_serves_is_answered_once_so_that_claude_does_not_hang(
        self, owner: Person, agent: SyntheticAgent, subtype: str
    ) -> None:
        session_id = await started(owner, agent)
        output = agent.output(session_id)
        asked = {"type": "control_request", "request_id": "r-1", "request": {"subtype": subtype}}
        async with agent.link() as link:
            await take(link, agent)
            await link.say(output.batch(link.boot, event("started", pid=1), line(asked), line(asked)))
            (answer,) = await take(link, agent)
            body = parse_body(InstructionKind.COMMAND, answer.body)
            assert isinstance(body, Command)
            assert orjson.loads(body.input.line) == {
                "type": "control_response",
                "response": {
                    "subtype": "error",
                    "request_id": "r-1",
                    "error": f"Unsupported control request subtype: {subtype}",
                },
            }
            await owner.ask("POST", f"/sessions/{session_id}/interrupt")
            (following,) = await take(link, agent)
            assert "interrupt" in following.body, "it was answered once"

    async def test_a_lost_session_is_resumed_as_its_next_epoch(self, owner: Person, agent: SyntheticAgent) -> None:
        session_id = await started(owner, agent, model="opus")
        output = agent.output(session_id)
        async with agent.link() as link:
            (start,) = await take(link, agent)
            await link.say(output.batch(link.boot, event("started", pid=1), b"x\n"))
            await link.say(Report(instruction_id=start.id, outcome=Outcome.DONE))
            await link.expect(Reported)
        async with agent.link() as link:
            resumed = await owner.ask("POST", f"/sessions/{session_id}/resume", {"prompt": "go on"})
            assert (resumed["state"], resumed["epoch"]) == ("queued", 2)
            (again,) = await take(link, agent)
            body = parse_body(again.kind, again.body)
            assert isinstance(body, StartSession)
            assert (body.epoch, body.first_seq, body.head) == (2, 3, output.head.hex())
            assert (body.resume, body.model) == (session_id, "opus")
            output.epoch = 2
            await link.say(output.batch(link.boot, event("started", pid=2)))
            assert (await link.expect(Ack)).seq == 3


class TestPoll:
    async def test_a_held_request_is_answered_as_soon_as_there_is_an_instruction(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        async with agent.poller() as poller:
            await poller.register()
            held = asyncio.create_task(poller.sync(wait_ms=20_000))
            await started(owner, agent)
            (instruction,) = await held
            assert isinstance(instruction, Instruction)
            assert await poller.sync(Received(iseq=1)) == []

    async def test_a_request_with_output_is_answered_with_what_became_of_it(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        session_id = await started(owner, agent)
        output = agent.output(session_id)
        async with agent.poller() as poller:
            boot = (await poller.register()).boot
            first = output.batch(boot, b"one\n")
            assert await poller.sync(first, output.batch(boot, b"two\n")) == [
                Ack(session_id=session_id, seq=1),
                Ack(session_id=session_id, seq=2),
            ]
            assert await poller.sync(first) == [Ack(session_id=session_id, seq=2)]
            (rewind,) = await poller.sync(forged(output.batch(boot, b"three\n")))
            assert isinstance(rewind, Rewind)

    async def test_a_held_request_hears_that_somebody_watches(self, owner: Person, agent: SyntheticAgent) -> None:
        session_id = await started(owner, agent)
        async with agent.poller() as poller:
            await poller.register()
            while not await poller.sync(wait_ms=20_000):
                pass
            await poller.sync(Received(iseq=1))
            held = asyncio.create_task(poller.sync(wait_ms=20_000))
            async with log_viewer(owner, session_id):
                assert await held == [Tune(watched=(session_id,))]

    async def test_a_second_held_request_sends_the_first_one_home(self, agent: SyntheticAgent) -> None:
        async with agent.poller() as poller:
            await poller.register()
            held = [asyncio.create_task(poller.sync(wait_ms=30_000)) for _ in range(2)]
            done, others = await asyncio.wait(held, return_when=asyncio.FIRST_COMPLETED)
            assert [task.result() for task in done] == [[]]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def test_an_older_registration_is_told_that_it_is_superseded(self, agent: SyntheticAgent) -> None:
        async with agent.poller() as older, agent.poller() as newer:
            await older.register()
            await newer.register()
            answer = await older.post()
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "superseded")

    async def test_a_registration_outlives_the_server(
        self, server: Serving, owner: Person, agent: SyntheticAgent
    ) -> None:
        session_id = await started(owner, agent)
        async with agent.poller() as poller:
            boot = (await poller.register()).boot
            config = server.application.parts.config
            async with running(config) as other:  # on the same database, as after a restart
                agent.url = other.url
                async with agent.poller() as later:
                    later.boot = boot
                    batch = agent.output(session_id).batch(boot, b"x\n")
                    assert await later.sync(batch) == [Ack(session_id=session_id, seq=1)]

    async def test_a_request_may_be_as_large_as_a_message_and_no_larger(
        self, owner: Person, agent: SyntheticAgent
    ) -> None:
        session_id = await started(owner, agent)
        output = agent.output(session_id)
        async with agent.poller() as poller:
            boot = (await poller.register()).boot
            large = output.batch(boot, *[b"x" * 60_000] * 60)
            assert await poller.sync(large) == [Ack(session_id=session_id, seq=60)]
            answer = await poller.post(output.batch(boot, *[b"x" * 60_000] * 80))
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "message_too_large")
